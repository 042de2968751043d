import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadPriceBook } from '../load-price-book.js';
import { formatPicoUsd } from '../money.js';
import type { PriceTable } from '../price-table.js';
import { comparePrices, formatPriceReport, toPriceChange } from './compare-prices.js';
import { readCommunityPrices } from './read-community-prices.js';

const table = loadPriceBook().table('2026-11') as PriceTable;
const fixture = readFileSync(new URL('../../fixtures/community-prices.json', import.meta.url), 'utf8');

const pricesOf = (text: string, only: string | null = null) =>
  Object.fromEntries(readCommunityPrices(text, table, only).prices.map(({ provider, model, type, picoUsd }) => [`${provider} ${model} ${type}`, picoUsd]));
const skippedOf = (text: string) => readCommunityPrices(text, table).skipped;
const entryOf = (fields: string, name = 'm') => `{"${name}": {"litellm_provider": "openai", "mode": "chat", ${fields}}}`;

test('reads every unit that there are usage types for', () => {
  expect(pricesOf(fixture)).toMatchObject({
    'openai gpt-4.1 input_tokens': 2_000_000n,
    'openai gpt-4.1 cached_tokens_priority': 875_000n,
    'openai gpt-9 cache_write_tokens': 1_562_500n,
    'openai gpt-9 output_tokens_long': 15_000_000n,
    'openai gpt-9 input_tokens_flex_long': 1_250_000n,
    'openai gpt-9-2026-12-01 output_tokens': 10_000_000n,
    'openai gpt-9-audio audio_output_tokens': 64_000_000n,
    'openai gpt-image-9 image_output_tokens': 30_000_000n,
    'openai whisper-1 audio_minutes': 6_000_000_000n,
    'openai tts-1 input_characters': 15_000_000n,
    'anthropic claude-opus-4-8 cache_creation_1h_input_tokens': 10_000_000n,
    'anthropic claude-opus-4-8 cache_read_input_tokens': 500_000n,
    'anthropic claude-opus-4-8 output_tokens_batch': 12_500_000n,
    'anthropic claude-opus-4-8 web_search_requests': 10_000_000_000n,
    'anthropic claude-sonnet-4-5 input_tokens_long': 6_000_000n,
    'grok grok-4.6 cached_tokens': 500_000n,
  });
});

test('takes the prices of one provider alone, and then says nothing of the others', () => {
  const { prices, skipped } = readCommunityPrices(fixture, table, 'grok');
  expect(new Set(prices.map(({ provider }) => provider))).toEqual(new Set(['grok']));
  expect(skipped).toEqual([]);
});

test.each([
  ['input_cost_per_token_batches', /no prices of their own/, ['gpt-4.1']],
  ['input_cost_per_token_above_200k_tokens', /begins at 272000 tokens/, ['gpt-9']],
  ['regional_processing_uplift_multiplier_eu', /not understood/, ['gpt-9']],
  ['provider_specific_entry', /not understood/, ['claude-opus-4-8']],
  ['input_cost_per_token_priority', /no service tier/, ['claude-opus-4-8']],
  ['provider bedrock', /not served/, ['bedrock/claude-opus-4-8']],
  ['output_cost_per_token', /is 0/, ['text-embedding-3-small', 'omni-moderation-latest']],
])('says why %s is not taken over', (what, reason, names) => {
  expect(skippedOf(fixture)).toContainEqual({ what, reason: expect.stringMatching(reason), names });
});

test('compares with the active prices: added, changed with the rise, unchanged', () => {
  const { prices, skipped } = readCommunityPrices(fixture, table);
  const differences = comparePrices(table, prices);
  expect(differences.changed).toEqual([{ provider: 'openai', model: 'gpt-4.1', type: 'output_tokens', unit: 'perMillionUsd', oldPicoUsd: 8_000_000n, picoUsd: 9_000_000n }]);
  expect([...differences.newModels]).toEqual(['openai gpt-9', 'openai gpt-9-2026-12-01', 'openai gpt-9-audio', 'openai gpt-image-9']);
  expect(differences.added.length + differences.changed.length + differences.unchanged).toBe(prices.length);
  const report = formatPriceReport(differences, skipped);
  expect(report).toContain('openai gpt-4.1 output_tokens: 8 -> 9 US$ a million (+12.5%)');
  expect(report).toContain('anthropic claude-opus-4-8 web_search_requests: 0.01 US$ each');
  expect(report).toContain('unchanged: 21');
});

test('makes a change of a price file out of what differs, models with the same prices in one group', () => {
  const about = { validFrom: '2026-12-01T00:00:00.000Z', source: 'spec' };
  const differences = comparePrices(table, readCommunityPrices(fixture, table).prices);
  const change = toPriceChange(differences, about);
  expect(change?.prices['anthropic']?.[0]).toEqual({ models: ['claude-opus-4-8'], perMillionUsd: { cache_creation_1h_input_tokens: '10' }, perUnitUsd: { web_search_requests: '0.01' } });
  expect(change?.prices['openai']?.map(({ models }) => models)).toContainEqual(['gpt-9', 'gpt-9-2026-12-01']);
  expect(toPriceChange(comparePrices(table, []), about)).toBeNull();
});

describe('prices are the digits of the text', () => {
  test.each([
    ['2.5e-06', 2_500_000n],
    ['2.5E-6', 2_500_000n],
    ['0.0000025', 2_500_000n],
    ['1e-12', 1n],
    ['3e-07', 300_000n],
    ['1.1e-06', 1_100_000n],
    ['0.000000137500', 137_500n],
    ['4', 4_000_000_000_000n],
  ])('%s', (digits, picoUsd) => {
    expect(pricesOf(entryOf(`"input_cost_per_token": ${digits}`))['openai m input_tokens']).toBe(picoUsd);
  });

  test('whatever the digits and the notation', () => {
    const exponent = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 15n }), exponent, (pico, shift) => {
        const notations = [formatPicoUsd(pico, 1n), `${pico}e-12`, `${formatPicoUsd(pico, 10n ** BigInt(shift))}e-${shift}`];
        for (const digits of notations) expect(pricesOf(entryOf(`"output_cost_per_token": ${digits}`))).toEqual({ 'openai m output_tokens': pico });
      }),
    );
  });

  test.each([
    ['-2e-06', /is negative/],
    ['1e400', /not a whole number/],
    ['1e99', /too high/],
    ['1001', /too high/],
    ['1e-13', /not a whole number/],
    ['1.9999999999999998e-07', /not a whole number/],
    ['"2e-06"', /is no number/],
    ['true', /is no number/],
    ['[2e-06]', /is no number/],
    ['{"a": 1}', /is no number/],
  ])('%s is none, and the model is left alone', (value, reason) => {
    const { prices, skipped } = readCommunityPrices(entryOf(`"input_cost_per_token": ${value}, "output_cost_per_token": 1e-06`), table);
    expect([prices, skipped]).toEqual([[], [{ what: 'entry', reason: expect.stringMatching(reason), names: ['m'] }]]);
  });

  test('another field that is none is left alone, and the rest is taken', () => {
    const text = entryOf('"input_cost_per_token": 1e-06, "cache_read_input_token_cost": -1, "output_cost_per_token": null');
    expect(pricesOf(text)).toEqual({ 'openai m input_tokens': 1_000_000n });
    expect(skippedOf(text)).toEqual([{ what: 'cache_read_input_token_cost', reason: 'is negative', names: ['m'] }]);
  });
});

describe('files that are not what they should be', () => {
  test.each(['', 'x', '{', '{"a": 01}', '{"a": NaN}', '[', `${'['.repeat(200_000)}`])('%.20s is not JSON', (text) => {
    expect(() => readCommunityPrices(text, table)).toThrow(/not JSON/);
  });

  test.each(['[]', 'null', '3', '"x"', '1e400'])('%s is not an object of models', (text) => {
    expect(() => readCommunityPrices(text, table)).toThrow(/not an object/);
  });

  test.each([
    ['{"m": null}', 'is no object'],
    ['{"m": 3}', 'is no object'],
    ['{"m": []}', 'is no object'],
    ['{"m": {}}', 'names no provider'],
    ['{"m": {"litellm_provider": 7}}', 'names no provider'],
    ['{"m": {"litellm_provider": "openai"}}', 'holds no price that is understood'],
    ['{"": {"litellm_provider": "openai", "input_cost_per_token": 1e-06}}', 'no request names its model like this'],
    [`{"${'m'.repeat(129)}": {"litellm_provider": "openai", "input_cost_per_token": 1e-06}}`, 'no request names its model like this'],
    ['{"m": {"litellm_provider": "__proto__", "input_cost_per_token": 1e-06}}', 'not served here'],
  ])('%.60s: the entry is named', (text, reason) => {
    expect(readCommunityPrices(text, table)).toEqual({ prices: [], skipped: [expect.objectContaining({ reason })] });
  });

  test('a bare name says more than a prefixed one and than an alias, in either order', () => {
    const entry = (price: string, more = '') => `{"litellm_provider": "openai", "input_cost_per_token": ${price}${more}}`;
    const named = [`"m": ${entry('1e-06')}`, `"openai/m": ${entry('2e-06')}`, `"n": ${entry('3e-06', ', "aliases": ["m"]')}`];
    for (const list of [named, [...named].reverse()]) expect(pricesOf(`{${list.join(',')}}`)).toEqual({ 'openai m input_tokens': 1_000_000n, 'openai n input_tokens': 3_000_000n });
  });

  test('three megabytes are read, and what odd names there are do no harm', () => {
    const many = Array.from({ length: 12_000 }, (_, index) => `"model-${index}": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": ${index + 1}e-08, "output_cost_per_token": 1e-06, "supports_vision": true, "supported_regions": ["global", "us-west-2", "eu-west-1"], "source": "https://example.com/pricing/models/of/the/provider"}`);
    const text = `{${['"__proto__": {"litellm_provider": "openai", "input_cost_per_token": 1e-06}', ...many].join(',')}}`;
    expect(text.length).toBeGreaterThan(3_000_000);
    const { prices } = readCommunityPrices(text, table);
    expect(prices).toHaveLength(24_001);
    expect(comparePrices(table, prices).newModels.size).toBe(12_001);
  });

  test('no text makes it fail but by saying that the file is wrong', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('openai', 'xai', -1, 0, 1e-6, 1e30));
    const field = fc.constantFrom('litellm_provider', 'mode', 'aliases', 'input_cost_per_token', 'output_cost_per_token_batches', 'input_cost_per_token_above_272k_tokens_flex', 'search_context_cost_per_query', '__proto__', 'x');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.dictionary(field, value)), (file) => {
        const { prices } = readCommunityPrices(JSON.stringify(file), table);
        for (const { picoUsd } of prices) expect(picoUsd > 0n).toBe(true);
        formatPriceReport(comparePrices(table, prices), []);
      }),
    );
  });
});
