import { z } from 'zod';
import { descriptionText, nameText, text } from '../http/fields.schema.js';
import type { ApiKey } from '../generated/client.js';

export const newApiKeySchema = z.object({ name: nameText(), description: descriptionText() });
export type NewApiKey = z.infer<typeof newApiKeySchema>;

/** `msid`: id of the key, or its whole value as found where it leaked. */
export const revocationSchema = z.object({ msid: text(1_000).min(1) });

export type ListedApiKey = Omit<ApiKey, 'sealedSecret'>;

export const toApiKey = (key: ListedApiKey) => ({
  id: key.id,
  name: key.name,
  description: key.description,
  project_id: key.projectId,
  service_account_id: key.serviceAccountId,
  created_at: key.createdAt.toISOString(),
});

/** The only answer that ever holds the value. */
export const toNewApiKey = ({ key, value }: { key: ListedApiKey; value: string }) => ({ ...toApiKey(key), value });
