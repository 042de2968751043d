import { assignableRoles, expandRoles, flagsOf, type RoleFlag, withFlags } from '@llm-proxy/shared-auth';
import { z } from 'zod';
import { pageEnd } from '../http/answer.schema.js';
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

/** A user as clients know one. */
export const profileSchema = z
  .object({ id: z.string(), first_name: z.string().nullable(), last_name: z.string().nullable(), email: z.string() })
  .meta({ id: 'User' });

/** Both generations in one row: newer clients read `user` and `direct_roles`, older ones the rest. Switches say what was given, not what it brings along. */
export const memberSchema = profileSchema
  .extend({
    user: profileSchema,
    direct_roles: z.array(z.string()),
    is_admin: z.boolean(),
    is_developer: z.boolean(),
    can_create_rooms: z.boolean(),
    can_create_agents: z.boolean(),
    can_use_llm_proxy: z.boolean(),
    status: z.enum(['active', 'invited']).describe('`invited` until the first sign-in; `id` is that of the invitation then.'),
  })
  .meta({ id: 'Member' });

export const membersSchema = z.object({ users: z.array(memberSchema), ...pageEnd });

export const toMember = ({ id, email, firstName, lastName, roles, invited }: Person): z.infer<typeof memberSchema> => {
  const user = { id, first_name: firstName, last_name: lastName, email };
  const shown = roles.includes('owner') ? expandRoles(roles) : roles;
  return { user, direct_roles: ['member', ...roles], ...user, ...flagsOf(shown), status: invited ? 'invited' : 'active' };
};
