import { randomUUID } from 'node:crypto';
import { type Attribution, type LineItem, PRICED_USAGE_TOPIC, type PricedUsage, SURCHARGE_TYPE, USAGE_TOPIC, type UsageEvent } from '@llm-proxy/usage-schema';

type Made<Options> = Options & { id?: string; projectId?: string; /** ISO 8601. */ time?: string; attribution?: Partial<Attribution> };

export type UsageEventOptions = Made<{ data?: Partial<Omit<UsageEvent['data'], 'attribution'>> }>;
export type PricedUsageOptions = UsageEventOptions & { pricing?: Partial<PricedUsage['data']['pricing']> };

export const attributionTo = (projectId: string, more: Partial<Attribution> = {}): Attribution => ({
  projectId,
  credential: 'api_key',
  apiKeyId: null,
  serviceAccountId: null,
  userId: null,
  participant: null,
  onBehalfOf: null,
  room: null,
  client: null,
  annotations: {},
  ...more,
});

/** A usage event as the gateway sends it, of 1,000 input tokens; only what a test is about needs saying. */
export const usageEventOf = ({ id = randomUUID(), projectId = randomUUID(), time = new Date().toISOString(), data, attribution }: UsageEventOptions = {}): UsageEvent => ({
  specversion: '1.0',
  id,
  source: '/gateway',
  type: USAGE_TOPIC,
  subject: projectId,
  time,
  datacontenttype: 'application/json',
  data: {
    provider: 'openai',
    endpoint: '/v1/chat/completions',
    transport: 'http',
    requestModel: 'gpt-5.4',
    responseModel: 'gpt-5.4-2026-03-05',
    requestServiceTier: null,
    responseServiceTier: 'default',
    usage: { prompt_tokens: 1_000, prompt_tokens_details: { cached_tokens: 0 } },
    requestFacts: {},
    providerKey: 'managed',
    measurement: 'exact',
    outcome: 'completed',
    status: 200,
    providerRequestId: 'req_1',
    timings: { startedAt: time, firstByteMs: 210.25, durationMs: 900.5 },
    ...data,
    attribution: attributionTo(projectId, attribution),
  },
});

export const lineItemOf = (type: string, quantity: string, amountNanoUsd: bigint): LineItem => ({ type, quantity, unitPricePicoUsd: '2500000', amountNanoUsd: String(amountNanoUsd) });

/** A priced event as metering publishes it; sums that are not given are those of the lines. */
export const pricedUsageOf = ({ pricing, ...event }: PricedUsageOptions = {}): PricedUsage => {
  const made = usageEventOf({ time: '2026-11-22T10:00:00.000Z', ...event });
  const lines = pricing?.lines ?? [lineItemOf('input_tokens', '1000', 2_500_000n), lineItemOf(SURCHARGE_TYPE, '1', 125_000n)];
  const total = lines.reduce((sum, line) => sum + BigInt(line.amountNanoUsd), 0n);
  return {
    ...made,
    source: '/metering',
    type: PRICED_USAGE_TOPIC,
    data: {
      ...made.data,
      pricing: {
        priceVersion: '2026-11',
        model: 'gpt-5.4',
        lines,
        providerCostNanoUsd: String(total),
        surchargeNanoUsd: lines.find((line) => line.type === SURCHARGE_TYPE)?.amountNanoUsd ?? '0',
        totalNanoUsd: String(total),
        unpricedTypes: [],
        ...pricing,
      },
    },
  };
};
