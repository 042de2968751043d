import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { User } from '../generated/client.js';
import { isUuid } from '../http/fields.schema.js';

export interface UserWithMemberships {
  user: User;
  /** Roles by project; the owner's is `owner`. */
  memberships: ReadonlyMap<string, readonly string[]>;
}

/** Roles that may call models with the user's own access token. */
export const LLM_PROXY_ROLES: readonly string[] = ['owner', 'admin', 'developer', 'llm_proxy_user'];

/** @param roles of a user in the project; undefined: none */
export const isLlmProxyMember = (roles: readonly string[] | undefined): boolean => (roles ?? []).some((role) => LLM_PROXY_ROLES.includes(role));

/** Who is what in which project. */
@Injectable()
export class MembershipsStore {
  constructor(private readonly database: Database) {}

  /** Null: there is no such user. */
  async ofUser(userId: string): Promise<UserWithMemberships | null> {
    if (!isUuid(userId)) return null;
    const row = await this.database.user.findUnique({ where: { id: userId }, include: { projects: { select: { id: true } }, memberships: true } });
    if (row === null) return null;
    const { projects, memberships, ...user } = row;
    const roles = new Map(memberships.map((membership) => [membership.projectId, membership.roles]));
    for (const { id } of projects) roles.set(id, ['owner', ...(roles.get(id) ?? [])]);
    return { user, memberships: roles };
  }
}
