import { Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { continuationOf } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { type MembersPage, membersPageSchema, membersSchema, memberUpdateSchema, type NewMember, newMemberSchema, toMember } from './members.schema.js';
import { MembersStore } from './members.store.js';

@Controller('accounts/projects/:projectId/users')
export class MembersController {
  constructor(private readonly members: MembersStore) {}

  @Get()
  @Answers(membersSchema)
  async list(@Param('projectId') projectId: string, @ParsedQuery(membersPageSchema) page: MembersPage) {
    const { members, total } = await this.members.list(projectId, page);
    return { users: members.map(toMember), total, continuation_token: continuationOf(page, members.length, total) };
  }

  @Post()
  @HttpCode(200)
  @Answers(okSchema)
  @Refuses('member_exists', 'user_not_found')
  async add(@Param('projectId') projectId: string, @ParsedBody(newMemberSchema) member: NewMember) {
    await this.members.add(projectId, member);
    return OK;
  }

  @Put(':memberId')
  @Answers(okSchema)
  @Refuses('member_not_found')
  async update(
    @Param('projectId') projectId: string,
    @Param('memberId') id: string,
    @ParsedBody(memberUpdateSchema) change: (direct: readonly string[]) => string[],
  ) {
    await this.members.update(projectId, id, change);
    return OK;
  }

  @Delete(':memberId')
  @Answers(okSchema)
  @Refuses('member_not_found', 'owner_stays')
  async remove(@Param('projectId') projectId: string, @Param('memberId') id: string) {
    await this.members.remove(projectId, id);
    return OK;
  }
}
