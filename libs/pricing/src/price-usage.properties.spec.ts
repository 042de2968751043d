import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pricingSchema } from '@llm-proxy/usage-schema';
import type { Pricing } from '@llm-proxy/usage-schema';
import { loadPriceBook } from './load-price-book.js';
import type { PriceTable } from './price-table.js';
import { priceUsage } from './price-usage.js';
import { FIVE_PERCENT, answer, bill } from './sample-answer.suite.js';
import type { Answer } from './sample-answer.suite.js';

const book = loadPriceBook();
const tables = book.versions.map((version) => book.table(version) as PriceTable);
const count = fc.integer({ min: 0, max: 2_000_000 });
const anyTable = fc.constantFrom(...tables);
const tier = fc.constantFrom(null, 'default', 'flex', 'priority', 'ultrafast', 'auto');
const keys = fc.constantFrom('managed' as const, 'project' as const);

const openAiUsage = fc.record({
  input_tokens: count,
  output_tokens: count,
  input_tokens_details: fc.record({ cached_tokens: count, cache_write_tokens: count, audio_tokens: count, image_tokens: count }, { requiredKeys: [] }),
  output_tokens_details: fc.record({ reasoning_tokens: count, audio_tokens: count, text_tokens: count }, { requiredKeys: [] }),
});
const anthropicUsage = fc.record({ input_tokens: count, output_tokens: count, cache_creation_input_tokens: count, cache_read_input_tokens: count });

const openAiAnswer = fc
  .record({
    requestModel: fc.constantFrom('gpt-5.4', 'gpt-5.6', 'gpt-4.1', 'gpt-realtime', 'gpt-5.4-pro', 'o3'),
    usage: openAiUsage,
    responseServiceTier: tier,
    providerKey: keys,
  })
  .map(answer);
const anthropicAnswer = fc
  .record({ requestModel: fc.constantFrom('claude-sonnet-4-5', 'claude-sonnet-4-6', 'claude-3-haiku'), usage: anthropicUsage, providerKey: keys })
  .map((changes) => answer({ provider: 'anthropic', endpoint: '/v1/messages', ...changes }));
const audioAnswer = fc
  .record({ seconds: fc.double({ min: 0.001, max: 1e6, noNaN: true }), providerKey: keys })
  .map(({ seconds, providerKey }) => answer({ requestModel: 'whisper-1', usage: { type: 'duration', seconds }, providerKey }));
const pricedAnswer = fc.oneof(openAiAnswer, anthropicAnswer, audioAnswer);

/** An oracle that shares nothing with the code under test: the multiple of the step nearest to the value, ties to even. */
const nearestEven = (numerator: bigint, denominator: bigint): bigint => {
  const low = (2n * numerator + denominator) / (2n * denominator);
  const isTie = (2n * numerator + denominator) % (2n * denominator) === 0n;
  return isTie && low % 2n === 1n ? low - 1n : low;
};

const usageLines = (pricing: Pricing) => pricing.lines.filter(({ type }) => type !== 'llm_proxy_surcharge');
const exactPico = (pricing: Pricing) => usageLines(pricing).reduce((sum, line) => sum + BigInt(line.quantity) * BigInt(line.unitPricePicoUsd), 0n);
const isPriced = (table: PriceTable, priced: Answer) => priceUsage(table, priced, FIVE_PERCENT).status === 'priced';

describe('every bill', () => {
  test('adds up: the total is the sum of its lines, and its parts are told right', () => {
    fc.assert(
      fc.property(anyTable, pricedAnswer, (table, priced) => {
        fc.pre(isPriced(table, priced));
        const pricing = bill(table, priced);
        expect(pricingSchema.parse(pricing)).toEqual(pricing);
        const sum = pricing.lines.reduce((total, line) => total + BigInt(line.amountNanoUsd), 0n);
        expect(BigInt(pricing.totalNanoUsd)).toBe(sum);
        const surcharge = pricing.lines.filter(({ type }) => type === 'llm_proxy_surcharge');
        expect(surcharge.length).toBe(usageLines(pricing).length > 0 ? 1 : 0);
        expect(pricing.lines.at(-1)?.amountNanoUsd ?? '0').toBe(pricing.surchargeNanoUsd);
        for (const line of pricing.lines) expect(BigInt(line.amountNanoUsd)).toBeGreaterThanOrEqual(0n);
      }),
    );
  });

  test('is the same for the same answer', () => {
    fc.assert(
      fc.property(anyTable, pricedAnswer, (table, priced) => {
        expect(priceUsage(table, priced, FIVE_PERCENT)).toEqual(priceUsage(table, structuredClone(priced), FIVE_PERCENT));
      }),
    );
  });

  test('rounds each line once, and charges five percent of the exact sum', () => {
    fc.assert(
      fc.property(anyTable, fc.oneof(openAiAnswer, anthropicAnswer), (table, priced) => {
        fc.pre(isPriced(table, priced));
        const pricing = bill(table, priced);
        const pico = exactPico(pricing);
        expect(BigInt(pricing.surchargeNanoUsd)).toBe(nearestEven(pico * 5n, 100_000n));
        expect(BigInt(pricing.providerCostNanoUsd)).toBe(nearestEven(pico, 1000n));
        const isOwnKey = priced.providerKey === 'project';
        for (const line of usageLines(pricing)) {
          expect(line.type.startsWith('custom_')).toBe(isOwnKey);
          const exact = BigInt(line.quantity) * BigInt(line.unitPricePicoUsd);
          expect(BigInt(line.amountNanoUsd)).toBe(isOwnKey ? 0n : nearestEven(exact, 1000n));
        }
      }),
    );
  });

  test('of audio rounds the exact duration, not the minutes it shows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (ms) => {
        const pricing = bill(book.newest, answer({ requestModel: 'whisper-1', usage: { duration_ms: ms } }));
        expect(BigInt(pricing.providerCostNanoUsd)).toBe(nearestEven(BigInt(ms) * 6_000_000_000n, 60_000n * 1000n));
        expect(BigInt(pricing.surchargeNanoUsd)).toBe(nearestEven(BigInt(ms) * 6_000_000_000n * 5n, 60_000n * 100_000n));
      }),
    );
  });
});

describe('the cost never falls when a count rises', () => {
  const small = fc.integer({ min: 0, max: 20_000 });
  const cost = (table: PriceTable, priced: Answer) => BigInt(bill(table, priced).providerCostNanoUsd);

  test.each(['input_tokens', 'output_tokens'])('%s of OpenAI', (key) => {
    const details = fc.record({ cached_tokens: small, cache_write_tokens: small, audio_tokens: small }, { requiredKeys: [] });
    const usage = fc.record({ input_tokens: small, output_tokens: small, input_tokens_details: details });
    fc.assert(
      fc.property(anyTable, usage, small, fc.constantFrom('gpt-5.6', 'gpt-realtime', 'gpt-4.1'), tier, (table, before, more, requestModel, responseServiceTier) => {
        fc.pre(before.input_tokens > 0 && before.output_tokens > 0);
        const after = { ...before, [key]: before[key as 'input_tokens'] + more };
        const of = (usageObject: typeof before) => cost(table, answer({ requestModel, responseServiceTier, usage: usageObject }));
        expect(of(after)).toBeGreaterThanOrEqual(of(before));
      }),
    );
  });

  test.each(['cached_tokens', 'cache_write_tokens', 'audio_tokens'])('%s of OpenAI, with the input that it is part of', (key) => {
    const details = fc.record({ cached_tokens: small, cache_write_tokens: small, audio_tokens: small });
    fc.assert(
      fc.property(anyTable, details, small, small, (table, before, rest, more) => {
        const of = (counts: typeof before) => {
          const input_tokens = counts.cached_tokens + counts.cache_write_tokens + counts.audio_tokens + rest;
          const requestModel = key === 'audio_tokens' ? 'gpt-realtime' : 'gpt-5.6';
          return cost(table, answer({ requestModel, usage: { input_tokens, input_tokens_details: counts, output_tokens: 1 } }));
        };
        expect(of({ ...before, [key]: before[key as 'cached_tokens'] + more })).toBeGreaterThanOrEqual(of(before));
      }),
    );
  });

  test.each(['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'])('%s of Anthropic', (key) => {
    const usage = fc.record({ input_tokens: small, output_tokens: small, cache_creation_input_tokens: small, cache_read_input_tokens: small });
    fc.assert(
      fc.property(anyTable, usage, small, (table, before, more) => {
        const of = (counts: typeof before) => cost(table, answer({ provider: 'anthropic', endpoint: '/v1/messages', requestModel: 'claude-sonnet-4-5', usage: counts }));
        expect(of({ ...before, [key]: before[key as 'input_tokens'] + more })).toBeGreaterThanOrEqual(of(before));
      }),
    );
  });
});

test('no usage object, however odd, makes it throw or charge a negative amount', () => {
  const odd = fc.oneof(fc.jsonValue(), fc.anything({ withBigInt: true, withNullPrototype: true }), count, fc.constantFrom('1e99', '-0', 'NaN', '0x1', 2 ** 60, -7));
  const objects = ['input_tokens_details', 'prompt_tokens_details', 'output_tokens_details', 'cached_tokens_details', 'cache_creation'];
  const counts = ['input_tokens', 'prompt_tokens', 'output_tokens', 'cached_tokens', 'audio_tokens', 'text_tokens', 'cache_read_input_tokens'];
  const name = fc.constantFrom(...objects, ...counts, 'ephemeral_1h_input_tokens', 'seconds', 'type', '__proto__');
  const details = fc.dictionary(name, odd);
  const usage = fc.dictionary(name, fc.oneof(odd, details));
  const where = fc.constantFrom(
    ['openai', 'gpt-5.4', '/v1/responses'],
    ['openai', 'whisper-1', '/v1/audio/transcriptions'],
    ['openai', 'gpt-image-1', '/v1/images/edits'],
    ['anthropic', 'claude-sonnet-4-5', '/v1/messages'],
    ['grok', 'grok-4.6', '/v1/messages'],
  );
  fc.assert(
    fc.property(anyTable, usage, where, (table, oddUsage, [provider = '', requestModel = '', endpoint = '']) => {
      const result = priceUsage(table, answer({ provider, requestModel, endpoint, usage: oddUsage }), FIVE_PERCENT);
      if (result.status === 'unpriceable') return expect(result.reason).not.toBe('');
      for (const line of result.pricing.lines) expect(BigInt(line.amountNanoUsd)).toBeGreaterThanOrEqual(0n);
      return expect(pricingSchema.safeParse(result.pricing).success).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
