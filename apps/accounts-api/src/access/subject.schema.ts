import { z } from 'zod';
import { text } from '../http/fields.schema.js';

/** Who a question or a grant is about: by id or by e-mail. `me` is the caller. Groups, agents and usersets are known to clients and hold no roles here. */
export const subjectSchema = z
  .object({
    type: z.enum(['user', 'group', 'agent', 'service_account', 'userset']),
    id: text(200).nullish(),
    email: text(320).nullish(),
  })
  .refine(({ type, id, email }) => type === 'userset' || id || email, 'needs an id or an email');

export type Subject = z.infer<typeof subjectSchema>;

export const resourceSchema = z.object({
  type: z.enum(['project', 'room', 'agent', 'group', 'repository', 'feed', 'secret', 'service_account']),
  id: text(200).min(1),
});

export type Resource = z.infer<typeof resourceSchema>;

/** In grants newer clients take no role but those that can be given: to them an owner was given what it brings along. */
export const toDirectRoles = (roles: readonly string[]): string[] => [...new Set(roles.map((role) => (role === 'owner' ? 'admin' : role)))];

/** Who holds which roles on what, as they were given. */
export const roleGrantSchema = z
  .object({ resource: z.object({ type: z.literal('project'), id: z.uuid(), name: z.string() }), subject: subjectSchema, direct_roles: z.array(z.string()) })
  .meta({ id: 'RoleGrant' });
