import { z } from 'zod';
import { instantText, pageEnd } from '../http/answer.schema.js';
import { descriptionText, nameText, text } from '../http/fields.schema.js';
import type { ApiKey } from '../generated/client.js';

export const newApiKeySchema = z.object({ name: nameText(), description: descriptionText() });
export type NewApiKey = z.infer<typeof newApiKeySchema>;

/** `msid`: id of the key, or its whole value as found where it leaked. */
export const revocationSchema = z.object({ msid: text(1_000).min(1) });

/** How long the replaced key goes on working beside the new one. */
const MAX_OVERLAP_SECONDS = 30 * 24 * 60 * 60;

export const rotationSchema = z.object({ overlap_seconds: z.number().int().min(0).max(MAX_OVERLAP_SECONDS).default(24 * 60 * 60) });

/** From the gateways: when keys were last seen. */
export const usedApiKeysSchema = z.object({ keys: z.array(z.object({ id: z.uuid(), usedAtMs: z.number().int().min(0).max(8_640_000_000_000_000) })).max(10_000) });
export type UsedApiKeys = z.infer<typeof usedApiKeysSchema>['keys'];

export type ListedApiKey = Omit<ApiKey, 'sealedSecret'>;

export const apiKeySchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string(),
    project_id: z.uuid(),
    service_account_id: z.uuid(),
    created_at: instantText(),
    last_used_at: instantText().nullable(),
    expires_at: instantText().nullable().describe('Set when a newer key took its place.'),
  })
  .meta({ id: 'ApiKey' });

/** The only answer that ever holds the value. */
export const createdApiKeySchema = apiKeySchema.extend({ value: z.string().describe('Shown this once.') }).meta({ id: 'CreatedApiKey' });

export const apiKeysSchema = z.object({ keys: z.array(apiKeySchema), total: pageEnd.total });
export const revokedApiKeysSchema = z.object({ revoked: z.array(z.uuid()) });

export const toApiKey = (key: ListedApiKey): z.infer<typeof apiKeySchema> => ({
  id: key.id,
  name: key.name,
  description: key.description,
  project_id: key.projectId,
  service_account_id: key.serviceAccountId,
  created_at: key.createdAt.toISOString(),
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
  expires_at: key.expiresAt?.toISOString() ?? null,
});

export const toNewApiKey = ({ key, value }: { key: ListedApiKey; value: string }): z.infer<typeof createdApiKeySchema> => ({ ...toApiKey(key), value });
