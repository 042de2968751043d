import { usageEventOf, type UsageEventOptions } from '@llm-proxy/testing';
import { USAGE_TOPIC, type UsageEvent } from '@llm-proxy/usage-schema';
import type { ReceivedMessage } from '@llm-proxy/usage-stream';

export type EventOptions = UsageEventOptions;

/** 2,000 input tokens, 1,500 of them cached, and 300 output tokens of gpt-5.4: 6,125,000 nano-dollars and 306,250 of surcharge. */
export const SAMPLE_TOTAL_NANO_USD = 6_431_250n;

const SAMPLE = {
  endpoint: '/v1/responses',
  usage: { input_tokens: 2_000, input_tokens_details: { cached_tokens: 1_500 }, output_tokens: 300, output_tokens_details: { reasoning_tokens: 128 }, total_tokens: 2_300 },
};

/** A usage event as the gateway sends it; only what the test is about needs saying. */
export const eventOf = (options: EventOptions = {}): UsageEvent => usageEventOf({ ...options, data: { ...SAMPLE, ...options.data } });

let offset = 0;

export const messageOf = (event: UsageEvent, value = Buffer.from(JSON.stringify(event))): ReceivedMessage => ({
  id: event.id,
  key: event.data.attribution.projectId,
  value,
  topic: USAGE_TOPIC,
  partition: 0,
  offset: String((offset += 1)),
});
