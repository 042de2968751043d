import { Injectable } from '@nestjs/common';
import { expandRoles, llmGrantOf } from '@llm-proxy/shared-auth';
import { MembersStore } from '../members/members.store.js';
import { ServiceAccountsStore } from '../service-accounts/service-accounts.store.js';
import { type Caller, callerIdOf, type UserCaller } from './caller.js';
import type { Role, Standing } from './permissions.js';
import type { Subject } from './subject.schema.js';

const OPERATOR: Standing = { roles: new Set<Role>(['operator', ...expandRoles(['owner'])]), scopes: null };

/** What callers, and those they ask about, are in a project. */
@Injectable()
export class Standings {
  constructor(
    private readonly members: MembersStore,
    private readonly serviceAccounts: ServiceAccountsStore,
  ) {}

  /** Null: nobody there. */
  async of(caller: Caller, projectId: string): Promise<Standing | null> {
    if (caller.kind === 'operator') return OPERATOR;
    if (caller.kind === 'user') return this.ofMember(caller, projectId);
    return caller.projectId === projectId ? this.atHome(caller) : null;
  }

  /** Where the caller is somebody; undefined: everywhere. */
  async projectIdsOf(caller: Caller): Promise<string[] | undefined> {
    if (caller.kind === 'operator') return undefined;
    return caller.kind === 'user' ? this.members.projectIdsOf(caller.userId) : [caller.projectId];
  }

  /** On routes without a project: what the credential itself says. */
  atHome(caller: Caller): Standing {
    switch (caller.kind) {
      case 'operator':
        return OPERATOR;
      case 'api_key':
        return { roles: expandRoles(caller.roles), scopes: null };
      case 'user':
        return { roles: new Set<Role>(['user']), scopes: caller.scopes };
      case 'participant':
        return { roles: new Set<Role>(['participant', ...(llmGrantOf(caller.claims) === null ? [] : (['llm_proxy_user'] as const))]), scopes: null };
    }
  }

  private async ofMember({ userId, scopes }: UserCaller, projectId: string): Promise<Standing | null> {
    const direct = await this.members.rolesOf(projectId, userId);
    return direct && { roles: expandRoles(direct), scopes };
  }

  /** Null: nobody there, or of a kind that holds no roles here. */
  async ofSubject(projectId: string, subject: Subject): Promise<Standing | null> {
    const direct = await this.directRolesOf(projectId, subject);
    return direct && { roles: expandRoles(direct), scopes: null };
  }

  /** As they were given. */
  async directRolesOf(projectId: string, subject: Subject): Promise<readonly string[] | null> {
    if (subject.type === 'user') return (await this.members.findSubject(projectId, subject))?.roles ?? null;
    if (subject.type === 'service_account') return (await this.serviceAccounts.findSubject(projectId, subject))?.roles ?? null;
    return null;
  }
}

/** `me`, or the caller's own id spelt out. */
export const isSelf = (caller: Caller, subject: Subject): boolean => subject.id === 'me' || (subject.id != null && subject.id === callerIdOf(caller));
