import { assignableRoles, expandRoles, flagsOf, type RoleFlag, withFlags } from '@llm-proxy/shared-auth';
import { z } from 'zod';
import { emailAddress, text } from '../http/fields.schema.js';
import { pageSchema } from '../http/paging.schema.js';

/** `owner` is not among them: it comes with having made the project. */
export const rolesSchema = z.array(z.enum(assignableRoles)).max(100);

const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);

const flags = { is_admin: flag, is_developer: flag, can_create_rooms: flag, can_create_agents: flag, can_use_llm_proxy: flag };

/** Either the roles of newer clients or the switches of older ones. This is where the two vocabularies meet; inside there are roles alone. */
const roleFields = { roles: rolesSchema.nullish(), ...flags };

type RoleFields = { roles?: string[] | null | undefined } & Partial<Record<RoleFlag, boolean | undefined>>;

const toRoleChange =
  (fields: RoleFields) =>
  (direct: readonly string[]): string[] =>
    fields.roles ? [...new Set(fields.roles)] : withFlags(direct, fields);

export const newMemberSchema = z
  .object({ user_id: text(200).nullish(), email: emailAddress().nullish(), invite_redirect_url: z.url({ protocol: /^https?$/ }).max(2_000).nullish(), ...roleFields })
  .refine(({ user_id, email }) => user_id || email, { path: ['email'], message: 'name the user by user_id or by email' })
  .transform(({ user_id, email, invite_redirect_url, ...fields }) => ({
    userId: user_id || null,
    email: email || null,
    redirectUrl: invite_redirect_url ?? null,
    roles: toRoleChange(fields)([]).filter((role) => role !== 'member'),
  }));

export const memberUpdateSchema = z
  .object(roleFields)
  .refine((fields) => Object.values(fields).some((value) => value != null), { path: ['roles'], message: 'send the roles, or the switches of older clients' })
  .transform((fields) => (direct: readonly string[]) => toRoleChange(fields)(direct).filter((role) => role !== 'member'));

export const membersPageSchema = z.intersection(pageSchema, z.object({ email: text(320).optional().transform((email) => email?.trim().toLowerCase() || undefined) }));

export type NewMember = z.infer<typeof newMemberSchema>;
export type MembersPage = z.infer<typeof membersPageSchema>;

/** A member, or somebody who was invited and has not signed in yet. */
export interface Person {
  /** Of the user; of the invitation while there is no user. */
  id: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  roles: string[];
  invited: boolean;
}

/** Both generations in one row: newer clients read `user` and `direct_roles`, older ones the rest. Switches say what was given, not what it brings along. */
export const toMember = ({ id, email, firstName, lastName, roles, invited }: Person) => {
  const user = { id, first_name: firstName, last_name: lastName, email };
  const shown = roles.includes('owner') ? expandRoles(roles) : roles;
  return { user, direct_roles: ['member', ...roles], ...user, ...flagsOf(shown), status: invited ? 'invited' : 'active' };
};
