import { z } from 'zod';
import { cloudEventSchema } from './cloud-event.js';
import { priceAdjustmentsSchema } from './price-adjustment.js';
import { USAGE_TOPIC } from './topics.js';

/** Who is charged for an answer, and what the reports can be grouped and filtered by. */
export const attributionSchema = z.object({
  projectId: z.uuid(),
  credential: z.enum(['api_key', 'participant_token', 'oauth_token']),
  /** The API key that was presented, or the one whose secret signed the participant token. */
  apiKeyId: z.uuid().nullable(),
  serviceAccountId: z.string().nullable(),
  userId: z.string().nullable(),
  /** Identity in the participant token. */
  participant: z.string().nullable(),
  /** Header `Meshagent-On-Behalf-Of`. */
  onBehalfOf: z.string().nullable(),
  /** Room name, from the URL or the room grant. */
  room: z.string().nullable(),
  /** `User-Agent` of the caller, cut to 256 characters. */
  client: z.string().nullable(),
  /** Headers `X-Meshagent-Annotation-<name>`; names in lower case. */
  annotations: z.record(z.string(), z.string()),
});

export const usageDataSchema = z.object({
  /** `openai`, `anthropic`, … : the name of the provider's folder in the gateway and of its prices. */
  provider: z.string().min(1),
  /** Provider path without the mount, e.g. `/v1/chat/completions`. */
  endpoint: z.string().startsWith('/'),
  transport: z.enum(['http', 'sse', 'websocket']),
  requestModel: z.string().nullable(),
  responseModel: z.string().nullable(),
  requestServiceTier: z.string().nullable(),
  responseServiceTier: z.string().nullable(),
  /** The provider's own usage object, untouched; null when the provider reported none. */
  usage: z.record(z.string(), z.unknown()).nullable(),
  /** The provider's usage objects of tools that ran inside the answer and are charged beside it, at prices of the same model. */
  toolUsage: z.array(z.object({ tool: z.enum(['image_generation']), usage: z.record(z.string(), z.unknown()) })).optional(),
  /** Facts of the request that some prices need because the usage object does not hold them. */
  requestFacts: z.object({
    inputCharacters: z.number().int().nonnegative().optional(),
    imageCount: z.number().int().nonnegative().optional(),
    imageSize: z.string().optional(),
    imageQuality: z.string().optional(),
  }),
  /** `project`: the call used the project's own provider key, so only the surcharge is charged. */
  providerKey: z.enum(['managed', 'project']),
  /** The project's own discounts and markups as they stood when it was called; absent: none. On the event, so that a replay is priced alike. */
  priceAdjustments: priceAdjustmentsSchema.optional(),
  /** `exact`: as reported at the end; `partial`: the last report of an answer that was cut; `missing`: no report. */
  measurement: z.enum(['exact', 'partial', 'estimated', 'missing']),
  outcome: z.enum(['completed', 'client_disconnected', 'upstream_interrupted']),
  status: z.number().int(),
  providerRequestId: z.string().nullable(),
  attribution: attributionSchema,
  timings: z.object({
    startedAt: z.iso.datetime({ offset: true }),
    firstByteMs: z.number().nonnegative().nullable(),
    durationMs: z.number().nonnegative(),
  }),
});

export const usageEventSchema = cloudEventSchema(USAGE_TOPIC, usageDataSchema);

export type Attribution = z.infer<typeof attributionSchema>;
export type UsageData = z.infer<typeof usageDataSchema>;
export type UsageEvent = z.infer<typeof usageEventSchema>;
