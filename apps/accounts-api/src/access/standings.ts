import { Injectable } from '@nestjs/common';
import { expandRoles, llmGrantOf } from '@llm-proxy/shared-auth';
import { MembersStore } from '../members/members.store.js';
import { ServiceAccountsStore } from '../service-accounts/service-accounts.store.js';
import { type Caller, callerIdOf } from './caller.js';
import type { Role, Standing } from './permissions.js';
import type { Subject } from './subject.schema.js';

const OPERATOR: Standing = new Set<Role>(['operator', ...expandRoles(['owner'])]);

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
    return caller.projectId === projectId ? this.atHome(caller) : null;
  }

  /** On routes without a project: what the credential itself says. */
  atHome(caller: Caller): Standing {
    switch (caller.kind) {
      case 'operator':
        return OPERATOR;
      case 'api_key':
        return expandRoles(caller.roles);
      case 'participant':
        return new Set<Role>(['participant', ...(llmGrantOf(caller.claims) === null ? [] : (['llm_proxy_user'] as const))]);
    }
  }

  /** Null: nobody there, or of a kind that holds no roles here. */
  async ofSubject(projectId: string, subject: Subject): Promise<Standing | null> {
    const direct = await this.directRolesOf(projectId, subject);
    return direct && expandRoles(direct);
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
