import { picoUsdToNumber } from '@llm-proxy/pricing';
import type { RecordedEvent } from '@llm-proxy/usage-schema';
import type { z } from 'zod';
import type { requestCostSchema } from './usage-answers.schema.js';

/** Dollars as a number, for showing. */
const dollars = (nanoUsd: string): number => picoUsdToNumber(BigInt(nanoUsd) * 1_000n);

/** One call and what it cost, as clients read it. Numbers are for showing; the `_nano_usd` and `_pico_usd` texts are exact. */
export const toRequestCost = (event: RecordedEvent): z.infer<typeof requestCostSchema> => ({
  id: event.id,
  project_id: event.projectId,
  timestamp: event.occurredAt,
  provider: event.provider,
  path: event.endpoint,
  transport: event.transport,
  model: event.model,
  request_model: event.requestModel,
  response_model: event.responseModel,
  outcome: event.outcome,
  measurement: event.measurement,
  status: event.status,
  provider_key: event.providerKey,
  provider_request_id: event.providerRequestId,
  api_key_id: event.apiKeyId,
  user_id: event.userId,
  participant: event.participant,
  room: event.room,
  client: event.client,
  annotations: event.annotations,
  usage: event.usage,
  price_version: event.priceVersion,
  price: dollars(event.totalNanoUsd),
  price_nano_usd: event.totalNanoUsd,
  provider_cost_nano_usd: event.providerCostNanoUsd,
  surcharge_nano_usd: event.surchargeNanoUsd,
  unpriced_types: event.unpricedTypes,
  first_byte_ms: event.firstByteMs,
  duration_ms: event.durationMs,
  lines: event.lines.map(({ type, quantity, unitPricePicoUsd, amountNanoUsd }) => ({
    type,
    quantity,
    unit_price_pico_usd: unitPricePicoUsd,
    price: dollars(amountNanoUsd),
    price_nano_usd: amountNanoUsd,
  })),
});
