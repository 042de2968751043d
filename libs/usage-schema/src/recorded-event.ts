import { z } from 'zod';
import { lineItemSchema } from './priced-usage.js';

/** Answered by billing: `GET /internal/projects/{id}/events/{eventId}`. Billing says more; this is what is relied on. */
export const recordedEventSchema = z.object({
  id: z.uuid(),
  projectId: z.uuid(),
  /** When the answer ended. */
  occurredAt: z.iso.datetime({ offset: true }),
  provider: z.string(),
  endpoint: z.string(),
  transport: z.string(),
  /** The model whose prices were used. */
  model: z.string(),
  requestModel: z.string().nullable(),
  responseModel: z.string().nullable(),
  outcome: z.string(),
  measurement: z.string(),
  status: z.number().int(),
  providerKey: z.string(),
  providerRequestId: z.string().nullable(),
  apiKeyId: z.uuid().nullable(),
  userId: z.string().nullable(),
  participant: z.string().nullable(),
  room: z.string().nullable(),
  client: z.string().nullable(),
  annotations: z.record(z.string(), z.string()),
  /** The provider's own usage object. */
  usage: z.record(z.string(), z.unknown()).nullable(),
  priceVersion: z.string(),
  /** Integer text, in nano-dollars. */
  providerCostNanoUsd: z.string(),
  surchargeNanoUsd: z.string(),
  totalNanoUsd: z.string(),
  unpricedTypes: z.array(z.string()),
  firstByteMs: z.number().nullable(),
  durationMs: z.number(),
  lines: z.array(lineItemSchema),
});

export type RecordedEvent = z.infer<typeof recordedEventSchema>;
