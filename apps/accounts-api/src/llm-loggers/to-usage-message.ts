import { type PricedUsage, SURCHARGE_TYPE } from '@llm-proxy/usage-schema';

const NANO_USD = 1e9;

/** What a feed is told of one answer: facts of its usage and its price, and nothing of what was said. Filters see the same. */
export const toUsageMessage = ({ id, time, data }: PricedUsage) => {
  const { attribution, pricing, timings } = data;
  return {
    id,
    timestamp: time,
    project_id: attribution.projectId,
    provider: data.provider,
    model: pricing.model,
    request_model: data.requestModel,
    response_model: data.responseModel,
    path: data.endpoint,
    transport: data.transport,
    status: data.status,
    outcome: data.outcome,
    measurement: data.measurement,
    provider_request_id: data.providerRequestId,
    provider_key: data.providerKey,
    user_id: attribution.userId,
    participant: attribution.participant,
    on_behalf_of: attribution.onBehalfOf,
    room: attribution.room,
    api_key_id: attribution.apiKeyId,
    service_account_id: attribution.serviceAccountId,
    client: attribution.client,
    annotations: attribution.annotations,
    /** The provider's own object. */
    usage: data.usage,
    /** By usage type, as billed; where two lines have one type, their sum. */
    quantities: quantitiesOf(pricing.lines),
    unpriced_types: pricing.unpricedTypes,
    /** Dollars, for people and filters; the exact amount is the next. */
    cost: Number(pricing.totalNanoUsd) / NANO_USD,
    cost_nano_usd: pricing.totalNanoUsd,
    price_version: pricing.priceVersion,
    started_at: timings.startedAt,
    first_byte_ms: timings.firstByteMs,
    duration_ms: timings.durationMs,
  };
};

const quantitiesOf = (lines: PricedUsage['data']['pricing']['lines']): Record<string, number> => {
  const quantities: Record<string, number> = {};
  for (const { type, quantity } of lines) if (type !== SURCHARGE_TYPE) quantities[type] = (quantities[type] ?? 0) + Number(quantity);
  return quantities;
};
