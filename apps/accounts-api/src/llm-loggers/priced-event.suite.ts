import { randomUUID } from 'node:crypto';
import { PRICED_USAGE_TOPIC, type PricedUsage } from '@llm-proxy/usage-schema';

export interface PricedEventOptions {
  projectId: string;
  id?: string;
  model?: string;
  totalNanoUsd?: string;
  attribution?: Partial<PricedUsage['data']['attribution']>;
}

const TIME = '2026-11-22T10:00:00.000Z';

/** A priced event as metering publishes it; only what the test is about needs saying. */
export const pricedEvent = ({ projectId, id = randomUUID(), model = 'gpt-5.4', totalNanoUsd = '2625000', attribution = {} }: PricedEventOptions): PricedUsage => ({
  specversion: '1.0',
  id,
  source: '/metering',
  type: PRICED_USAGE_TOPIC,
  subject: projectId,
  time: TIME,
  datacontenttype: 'application/json',
  data: {
    provider: 'openai',
    endpoint: '/v1/chat/completions',
    transport: 'http',
    requestModel: model,
    responseModel: model,
    requestServiceTier: null,
    responseServiceTier: 'default',
    usage: { prompt_tokens: 1_000 },
    requestFacts: {},
    providerKey: 'managed',
    measurement: 'exact',
    outcome: 'completed',
    status: 200,
    providerRequestId: 'req_1',
    attribution: {
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
      ...attribution,
    },
    timings: { startedAt: TIME, firstByteMs: 210.25, durationMs: 900.5 },
    pricing: {
      priceVersion: '2026-11',
      model,
      lines: [
        { type: 'input_tokens', quantity: '1000', unitPricePicoUsd: '2500000', amountNanoUsd: '2500000' },
        { type: 'llm_proxy_surcharge', quantity: '1', unitPricePicoUsd: '0', amountNanoUsd: '125000' },
      ],
      providerCostNanoUsd: '2500000',
      surchargeNanoUsd: '125000',
      totalNanoUsd,
      unpricedTypes: [],
    },
  },
});
