import { expect, test } from '@jest/globals';
import { loadPriceBook } from './load-price-book.js';
import { formatUsd } from './money.js';
import type { PriceTable } from './price-table.js';
import { answer, anthropicAnswer, bill } from './sample-answer.suite.js';

const july = loadPriceBook().table('2026-07') as PriceTable;

const realtimeUsage = {
  total_tokens: 253,
  input_tokens: 132,
  output_tokens: 121,
  input_token_details: {
    text_tokens: 119,
    audio_tokens: 13,
    image_tokens: 0,
    cached_tokens: 64,
    cached_tokens_details: { text_tokens: 64, audio_tokens: 0, image_tokens: 0 },
  },
  output_token_details: { text_tokens: 30, audio_tokens: 91 },
};

const responses = answer({
  usage: {
    input_tokens: 2000,
    input_tokens_details: { cached_tokens: 1500 },
    output_tokens: 300,
    output_tokens_details: { reasoning_tokens: 128 },
  },
});
const flex = answer({
  requestServiceTier: 'flex',
  usage: { input_tokens: 10_000, input_tokens_details: { cached_tokens: 4000 }, output_tokens: 1000 },
});
const cacheWrites = answer({
  requestModel: 'gpt-5.6',
  usage: { input_tokens: 10_000, input_tokens_details: { cached_tokens: 3000, cache_write_tokens: 2000 }, output_tokens: 800 },
});
const anthropicCaching = anthropicAnswer('claude-sonnet-4-6', {
  input_tokens: 100,
  cache_creation_input_tokens: 1000,
  cache_read_input_tokens: 900,
  output_tokens: 5,
});
const anthropicLong = anthropicAnswer('claude-sonnet-4-5', {
  input_tokens: 150_000,
  cache_creation_input_tokens: 1000,
  cache_read_input_tokens: 60_000,
  output_tokens: 1000,
});
const anthropicStream = anthropicAnswer('claude-sonnet-4-6', { input_tokens: 25, cache_read_input_tokens: 100, output_tokens: 42 });
const realtime = answer({ endpoint: '/v1/realtime', requestModel: 'gpt-realtime', usage: realtimeUsage });
const transcription = answer({ endpoint: '/v1/audio/transcriptions', requestModel: 'whisper-1', usage: { type: 'duration', seconds: 90 } });
const speech = answer({ endpoint: '/v1/audio/speech', requestModel: 'tts-1', requestFacts: { inputCharacters: 140 } });
const ownKey = answer({ requestModel: 'gpt-4.1', providerKey: 'project', usage: { input_tokens: 1000, output_tokens: 500 } });
const inputOf = (input_tokens: number) => answer({ usage: { input_tokens, output_tokens: 1000 } });

test.each([
  ['responses with cached input', responses, '0.006125', '0.00643125'],
  ['the flex tier', flex, '0.0155', '0.016275'],
  ['long context', inputOf(272_000), '1.3825', '1.451625'],
  ['one token less', inputOf(271_999), '0.6949975', '0.729747375'],
  ['cache writes', cacheWrites, '0.063', '0.06615'],
  ['Anthropic with caching', anthropicCaching, '0.004395', '0.00461475'],
  ['Anthropic in long context', anthropicLong, '0.966', '1.0143'],
  ['a realtime turn', realtime, '0.0069656', '0.00731388'],
  ['90 seconds of audio', transcription, '0.009', '0.00945'],
  ['140 characters of speech', speech, '0.0021', '0.002205'],
  ["the project's own key", ownKey, '0.006', '0.0003'],
  ['an Anthropic stream', anthropicStream, '0.000735', '0.00077175'],
])('%s', (_, example, providerCost, total) => {
  const pricing = bill(july, example);
  expect(formatUsd(BigInt(pricing.providerCostNanoUsd))).toBe(providerCost);
  expect(formatUsd(BigInt(pricing.totalNanoUsd))).toBe(total);
});
