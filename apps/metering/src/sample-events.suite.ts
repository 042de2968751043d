import { randomUUID } from 'node:crypto';
import { USAGE_TOPIC, type UsageEvent } from '@llm-proxy/usage-schema';
import type { ReceivedMessage } from '@llm-proxy/usage-stream';

export interface EventOptions {
  id?: string;
  projectId?: string;
  time?: string;
  data?: Partial<UsageEvent['data']>;
  attribution?: Partial<UsageEvent['data']['attribution']>;
}

/** 2,000 input tokens, 1,500 of them cached, and 300 output tokens of gpt-5.4: 6,125,000 nano-dollars and 306,250 of surcharge. */
export const SAMPLE_TOTAL_NANO_USD = 6_431_250n;

/** A usage event as the gateway sends it; only what the test is about needs saying. */
export const eventOf = (options: EventOptions = {}): UsageEvent => {
  const projectId = options.projectId ?? randomUUID();
  const time = options.time ?? new Date().toISOString();
  return {
    specversion: '1.0',
    id: options.id ?? randomUUID(),
    source: '/gateway',
    type: USAGE_TOPIC,
    subject: projectId,
    time,
    datacontenttype: 'application/json',
    data: {
      provider: 'openai',
      endpoint: '/v1/responses',
      transport: 'http',
      requestModel: 'gpt-5.4',
      responseModel: 'gpt-5.4-2026-03-05',
      requestServiceTier: null,
      responseServiceTier: 'default',
      usage: { input_tokens: 2_000, input_tokens_details: { cached_tokens: 1_500 }, output_tokens: 300, output_tokens_details: { reasoning_tokens: 128 }, total_tokens: 2_300 },
      requestFacts: {},
      providerKey: 'managed',
      measurement: 'exact',
      outcome: 'completed',
      status: 200,
      providerRequestId: 'req_1',
      timings: { startedAt: time, firstByteMs: 200, durationMs: 900 },
      ...options.data,
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
        ...options.attribution,
      },
    },
  };
};

let offset = 0;

export const messageOf = (event: UsageEvent, value = Buffer.from(JSON.stringify(event))): ReceivedMessage => ({
  id: event.id,
  key: event.data.attribution.projectId,
  value,
  topic: USAGE_TOPIC,
  partition: 0,
  offset: String((offset += 1)),
});
