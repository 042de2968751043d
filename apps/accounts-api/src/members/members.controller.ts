import { Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { continuationOf } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { type MembersPage, membersPageSchema, memberUpdateSchema, type NewMember, newMemberSchema, toMember } from './members.schema.js';
import { MembersStore } from './members.store.js';

@Controller('accounts/projects/:projectId/users')
export class MembersController {
  constructor(private readonly members: MembersStore) {}

  @Get()
  async list(@Param('projectId') projectId: string, @ParsedQuery(membersPageSchema) page: MembersPage) {
    const { members, total } = await this.members.list(projectId, page);
    return { users: members.map(toMember), total, continuation_token: continuationOf(page, members.length, total) };
  }

  @Post()
  @HttpCode(200)
  async add(@Param('projectId') projectId: string, @ParsedBody(newMemberSchema) member: NewMember) {
    await this.members.add(projectId, member);
    return { ok: true };
  }

  @Put(':memberId')
  async update(
    @Param('projectId') projectId: string,
    @Param('memberId') id: string,
    @ParsedBody(memberUpdateSchema) change: (direct: readonly string[]) => string[],
  ) {
    await this.members.update(projectId, id, change);
    return { ok: true };
  }

  @Delete(':memberId')
  async remove(@Param('projectId') projectId: string, @Param('memberId') id: string) {
    await this.members.remove(projectId, id);
    return { ok: true };
  }
}
