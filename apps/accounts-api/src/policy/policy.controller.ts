import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { PolicyChanges, ProjectPolicy, RoomPolicy } from '@llm-proxy/shared-auth';
import type { z } from 'zod';
import { AccountsError } from '../accounts.errors.js';
import { isUuid } from '../http/fields.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { isRoomName } from '../rooms/rooms.schema.js';
import { PolicyChangeLog } from './policy-changes.js';
import { changesQuerySchema, MAX_WAIT_MS, projectIdsSchema } from './policy.schema.js';
import { PolicyStore } from './policy.store.js';

/** For the gateways of this deployment. */
@Controller('internal')
export class PolicyController {
  constructor(
    private readonly policies: PolicyStore,
    private readonly changeLog: PolicyChangeLog,
  ) {}

  @Get('projects/:id/policy')
  async project(@Param('id') id: string): Promise<ProjectPolicy> {
    const policy = isUuid(id) ? await this.policies.ofProject(id) : null;
    if (!policy) throw new AccountsError('project_not_found');
    return policy;
  }

  /** Many at a time, in one query, so that a flood of invented keys at a gateway is not one here. */
  @Post('projects/existing')
  @HttpCode(200)
  async existing(@ParsedBody(projectIdsSchema) { projectIds }: z.infer<typeof projectIdsSchema>) {
    return { projectIds: await this.policies.existing(projectIds) };
  }

  @Get('projects/:id/rooms/:name')
  async room(@Param('id') id: string, @Param('name') name: string): Promise<RoomPolicy> {
    const room = isUuid(id) && isRoomName(name) ? await this.policies.ofRoom(id, name) : null;
    if (!room) throw new AccountsError('room_not_found');
    return room;
  }

  @Get('changes')
  changes(@ParsedQuery(changesQuerySchema) query: z.infer<typeof changesQuerySchema>): Promise<PolicyChanges> {
    return this.changeLog.changesAfter(query.after ?? null, Math.min(query.waitMs, MAX_WAIT_MS));
  }
}
