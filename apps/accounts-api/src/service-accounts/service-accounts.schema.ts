import { z } from 'zod';
import { instantText, pageEnd, storedObject } from '../http/answer.schema.js';
import { descriptionText, jsonObject, jsonObjectOrNone, nameText, text } from '../http/fields.schema.js';
import type { ServiceAccount } from '../generated/client.js';
import { serviceAccountEmail } from '../profiles/caller-profile.js';

/** Part of an e-mail address. */
const accountName = () => z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'must be 1 to 63 of letters, digits, ".", "_" and "-"');

/** `displayName` is how one of the clients spells it. */
export const newServiceAccountSchema = z
  .object({
    name: accountName(),
    key: accountName().nullish(),
    description: descriptionText(),
    display_name: nameText().nullish(),
    displayName: nameText().nullish(),
    metadata: jsonObjectOrNone(),
    annotations: jsonObjectOrNone(),
  })
  .transform(({ display_name, displayName, key, ...rest }) => ({ ...rest, key: key ?? rest.name, displayName: display_name ?? displayName ?? null }));

/** Null and absent leave a field as it is. */
export const serviceAccountUpdateSchema = z
  .object({
    name: accountName().nullish(),
    description: text(4_000).nullish(),
    display_name: nameText().nullish(),
    displayName: nameText().nullish(),
    metadata: jsonObject().nullish(),
    annotations: jsonObject().nullish(),
  })
  .transform(({ name, description, display_name, displayName, metadata, annotations }) => ({
    name: name ?? undefined,
    description: description ?? undefined,
    displayName: display_name ?? displayName ?? undefined,
    metadata: metadata ?? undefined,
    annotations: annotations ?? undefined,
  }));

export type ServiceAccountUpdate = z.infer<typeof serviceAccountUpdateSchema>;
export type NewServiceAccount = z.infer<typeof newServiceAccountSchema>;

export const serviceAccountSchema = z
  .object({
    id: z.uuid(),
    project_id: z.uuid(),
    key: z.string(),
    name: z.string(),
    email: z.string(),
    display_name: z.string().nullable(),
    description: z.string(),
    metadata: storedObject(),
    annotations: storedObject(),
    roles: z.array(z.string()).describe('What it, and every key of it, may do in the project.'),
    created_at: instantText(),
    updated_at: instantText(),
  })
  .meta({ id: 'ServiceAccount' });

export const serviceAccountsSchema = z.object({ service_accounts: z.array(serviceAccountSchema), ...pageEnd });

export const toServiceAccount = (account: ServiceAccount & { project: { projectKey: string } }, apiDomain: string): z.infer<typeof serviceAccountSchema> => ({
  id: account.id,
  project_id: account.projectId,
  key: account.key,
  name: account.name,
  email: serviceAccountEmail(account.name, account.project.projectKey, apiDomain),
  display_name: account.displayName,
  description: account.description,
  metadata: account.metadata as Record<string, unknown>,
  annotations: account.annotations as Record<string, unknown>,
  roles: account.roles,
  created_at: account.createdAt.toISOString(),
  updated_at: account.updatedAt.toISOString(),
});
