import { z } from 'zod';
import { emailAddress, text } from '../http/fields.schema.js';
import { pageEnd } from '../http/answer.schema.js';
import { rolesSchema } from '../members/members.schema.js';
import { roleGrantSchema } from './subject.schema.js';

export const policySchema = z.object({
  resource: roleGrantSchema.shape.resource,
  access_grants: z.array(roleGrantSchema),
  continuation_token: pageEnd.continuation_token,
});

const holder = z
  .object({ type: z.enum(['user', 'service_account'], 'only users and service accounts hold roles here'), id: text(200).nullish(), email: emailAddress().nullish() })
  .refine(({ id, email }) => id || email, 'needs an id or an email');

export type Holder = z.infer<typeof holder>;

export const grantSchema = z.object({
  subject: holder,
  roles: rolesSchema.min(1).transform((roles) => roles.filter((role) => role !== 'member')),
  invite_redirect_url: z.url({ protocol: /^https?$/ }).max(2_000).nullish(),
});

export const revocationSchema = z.object({ subject: holder });
