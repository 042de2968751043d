import { priceAdjustmentsSchema } from '@llm-proxy/usage-schema';
import { z } from 'zod';
import { modelPolicySchema } from './model-policy.js';

/**
 * What the gateway must know of a project: pulled from accounts-api (`GET /internal/projects/{id}/policy`), cached, and dropped when
 * `GET /internal/changes` says so. Secrets in it are sealed; only a process that holds `KEY_ENCRYPTION_KEY` can open them.
 */
export const projectPolicySchema = z.object({
  projectId: z.uuid(),
  enabled: z.boolean(),
  apiKeys: z.array(
    z.object({
      id: z.uuid(),
      serviceAccountId: z.string().nullable(),
      sealedSecret: z.string(),
      /** May the key, and tokens minted from it, call models? */
      mayUseLlm: z.boolean().optional(),
      /** Set on a key that was replaced: until then both work. Milliseconds since 1970. */
      expiresAtMs: z.number().nullish(),
    }),
  ),
  /** The project's own provider keys, by provider name. */
  integrations: z.record(z.string(), z.object({ sealedApiKey: z.string(), baseUrl: z.url().nullable() })),
  /** Absent: every model, for every program. */
  router: modelPolicySchema.nullish(),
  /** Discounts and markups that the operator gave the project. */
  priceAdjustments: priceAdjustmentsSchema.optional(),
  /** Users who may call models with their OAuth access token. */
  llmProxyUserIds: z.array(z.string()).default([]),
  /** OAuth clients that may call models in their own name. */
  llmProxyClientIds: z.array(z.string()).default([]),
});

/** `POST /internal/projects/existing` with the same member: those of the ids that are projects. At most 2,000. */
export const existingProjectsSchema = z.object({ projectIds: z.array(z.string()) });

/** `GET /internal/projects/{id}/rooms/{name}`. */
export const roomPolicySchema = z.object({ id: z.string(), name: z.string(), enabled: z.boolean() });

/** `GET /internal/changes?after=<sequence>&waitMs=<n>`: answers at once when there is something, else after the wait with none. */
export const policyChangesSchema = z.object({
  changes: z.array(z.object({ sequence: z.string(), projectId: z.uuid() })),
  /** What to ask `after` next. */
  next: z.string(),
});

export type ProjectPolicy = z.infer<typeof projectPolicySchema>;
export type RoomPolicy = z.infer<typeof roomPolicySchema>;
export type PolicyChanges = z.infer<typeof policyChangesSchema>;
