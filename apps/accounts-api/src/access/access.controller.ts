import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { AccountsError } from '../accounts.errors.js';
import { Answers } from '../http/answers.js';
import { ParsedBody } from '../http/parse-with.js';
import { ProjectsStore } from '../projects/projects.store.js';
import {
  accessTestAnswerSchema,
  accessTestSchema,
  bindingsAnswerSchema,
  bindingsSchema,
  capabilitiesOf,
  effectiveAccessAnswerSchema,
  effectiveAccessSchema,
  effectiveRolesOf,
  holds,
} from './access.schema.js';
import { AskedBy, type Caller, StandingHere } from './caller.js';
import { mayDo, type Standing } from './permissions.js';
import { isSelf, Standings } from './standings.js';
import { type Resource, type Subject, toDirectRoles } from './subject.schema.js';

/** "May this one do that?" Anybody asks about oneself; whoever may see the members asks about them. */
@Controller('accounts/projects/:projectId')
export class AccessController {
  constructor(
    private readonly standings: Standings,
    private readonly projects: ProjectsStore,
  ) {}

  @Post('access\\:test')
  @HttpCode(200)
  @Answers(accessTestAnswerSchema)
  async test(
    @AskedBy() caller: Caller,
    @StandingHere() own: Standing,
    @Param('projectId') projectId: string,
    @ParsedBody(accessTestSchema) { subject, resource, relation }: z.infer<typeof accessTestSchema>,
  ) {
    const standing = await this.standingOf(caller, own, projectId, subject, resource);
    return { allowed: holds(standing, relation), resource, subject, relation };
  }

  @Post('access\\:effective')
  @HttpCode(200)
  @Answers(effectiveAccessAnswerSchema)
  async effective(
    @AskedBy() caller: Caller,
    @StandingHere() own: Standing,
    @Param('projectId') projectId: string,
    @ParsedBody(effectiveAccessSchema) { subject, resource, relations }: z.infer<typeof effectiveAccessSchema>,
  ) {
    const standing = await this.standingOf(caller, own, projectId, subject, resource);
    return { resource, subject, effective_roles: effectiveRolesOf(standing), capabilities: capabilitiesOf(standing, relations ?? null) };
  }

  @Post('access\\:bindings')
  @HttpCode(200)
  @Answers(bindingsAnswerSchema)
  async bindings(
    @AskedBy() caller: Caller,
    @StandingHere() own: Standing,
    @Param('projectId') projectId: string,
    @ParsedBody(bindingsSchema) { subject }: z.infer<typeof bindingsSchema>,
  ) {
    assertMayAsk(caller, own, subject);
    const direct = isSelf(caller, subject) ? await this.ownDirectRoles(caller, projectId) : await this.standings.directRolesOf(projectId, subject);
    if (direct === null) return { access_grants: [] };
    const { id, name } = await this.projects.get(projectId);
    return { access_grants: [{ resource: { type: 'project' as const, id, name }, subject, direct_roles: toDirectRoles(direct) }] };
  }

  /** Roles are held on the project and hold for everything in it. */
  private async standingOf(caller: Caller, own: Standing, projectId: string, subject: Subject, resource: Resource): Promise<Standing | null> {
    assertMayAsk(caller, own, subject);
    if (resource.type === 'project' && resource.id !== projectId) return null;
    return isSelf(caller, subject) ? own : this.standings.ofSubject(projectId, subject);
  }

  private async ownDirectRoles(caller: Caller, projectId: string): Promise<readonly string[] | null> {
    switch (caller.kind) {
      case 'operator':
        return ['owner'];
      case 'api_key':
        return caller.projectId === projectId ? caller.roles : null;
      case 'user':
        return this.standings.directRolesOf(projectId, { type: 'user', id: caller.userId });
      case 'participant':
        return null;
    }
  }
}

const assertMayAsk = (caller: Caller, own: Standing, subject: Subject): void => {
  if (!isSelf(caller, subject) && !mayDo(own, 'access.read')) throw new AccountsError('forbidden');
};
