import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadPriceBook } from '../load-price-book.js';
import type { PriceChange } from '../price-file.schema.js';
import { parsePriceFile, priceBookWith } from '../price-file.js';
import { parsePriceTableData } from '../price-table.js';
import type { PriceTable } from '../price-table.js';
import { comparePrices } from './compare-prices.js';
import { formatPriceReport } from './price-report.js';
import { readCommunityPrices } from './read-community-prices.js';
import { toPriceChange } from './to-price-change.js';

const shipped = parsePriceTableData(JSON.parse(readFileSync(new URL('../../data/2026-11.json', import.meta.url), 'utf8')));
const table = loadPriceBook().table('2026-11') as PriceTable;
const fixture = readFileSync(new URL('../../fixtures/community-prices.json', import.meta.url), 'utf8');
const about = { validFrom: '2026-12-01T00:00:00.000Z', source: 'spec' };

/** The shipped table with changes over it, as it is read from a file. */
const tableWith = (...changes: (PriceChange | null)[]): PriceTable => {
  const file = { name: 'spec', currency: 'USD', changes: changes.filter((change) => change !== null) };
  return priceBookWith([shipped], parsePriceFile(JSON.stringify(file), 'spec')).tableAt(new Date('2027-01-01T00:00:00Z'));
};
const differencesOf = (text: string, from: PriceTable = table) => comparePrices(from, readCommunityPrices(text, from).models);
const changeOf = (text: string, from: PriceTable = table) => toPriceChange(differencesOf(text, from), about);
const reportOf = (text: string, from: PriceTable = table) => formatPriceReport(differencesOf(text, from), readCommunityPrices(text, from));
const entry = (provider: string, fields: object) => ({ litellm_provider: provider, mode: 'chat', ...fields });
const fileOf = (entries: object) => JSON.stringify(entries);

test('tells what changes, what is added for models that are known and for new ones, what is unchanged, and what is skipped', () => {
  expect(reportOf(fixture)).toBe(`Compared with prices 2026-11:
changed: 2
  openai gpt-4.1 output_tokens: 8 -> 9 US$ a million (+12.5%)
  grok grok-build-0.1 longContextThreshold: 200,000 -> 128,000 tokens
added: 44 (8 new models)
  anthropic claude-opus-4-8
    US$ a million: cache_creation_1h_input_tokens 10
    US$ each: web_search_requests 0.01
    % of the token prices: inference_geo us 110, speed fast 200
  anthropic claude-sonnet-4-5
    US$ a million: cache_creation_1h_input_tokens_long 12
  openai gpt-9, gpt-9-2026-12-01 (new)
    US$ a million: cache_write_tokens 1.5625, cached_tokens 0.125, input_tokens 1.25, input_tokens_flex 0.625, input_tokens_flex_long 1.25, input_tokens_long 2.5
    US$ a million: output_tokens 10, output_tokens_flex 5, output_tokens_long 15
  openai gpt-9-level (new)
    US$ a million: input_tokens 3, input_tokens_long 6, output_tokens 15
  openai gpt-9-audio (new)
    US$ a million: audio_input_tokens 32, audio_output_tokens 64, input_tokens 2.5, output_tokens 10
  openai gpt-image-9 (new)
    US$ a million: image_input_tokens 8, image_output_tokens 30, input_tokens 5
  anthropic claude-haiku-9 (new)
    US$ a million: cache_creation_1h_input_tokens 0.2, cache_creation_1h_input_tokens_long 1, input_tokens 0.1, input_tokens_long 0.5, output_tokens 0.5, output_tokens_long 2.5
    % of the token prices: inference_geo us 110
    longContextThreshold: 100,000 tokens
  grok grok-9, grok-9-latest (new)
    US$ a million: input_tokens 3, output_tokens 9
unchanged: 33
skipped:
  input_cost_per_token_batches, output_cost_per_token_batches: batches of the provider have no prices of their own here (gpt-4.1)
  output_cost_per_reasoning_token: reasoning tokens are part of the output tokens (gpt-9)
  search_context_cost_per_query: the provider does not report how often it searched (gpt-9)
  regional_processing_uplift_multiplier_eu: a multiple for some requests, and the usage of the provider does not tell which (gpt-9)
  entry: it has prices for more than one long context: above 200,000 tokens, above 272,000 tokens (gpt-9-steps)
  entry: it searches the web for every request, which the provider does not report (gpt-9-search-preview)
  cache_read_input_token_cost_decisions, output_cost_per_token_decisions: decisions are charged by all their input at one price (gpt-6-luna)
  cache_creation_input_token_cost_above_12hr, cache_creation_input_token_cost_above_12hr_above_272k_tokens_flex: cache writes are charged alike, however long they are kept (gpt-6-luna)
  input_cost_per_token_balanced: the provider has no service tier "balanced" here (gpt-6-luna)
  cache_creation_input_audio_token_cost: the provider does not report such a count (gpt-4o-mini-realtime-preview-2024-12-17)
  entry: nothing of the mode video_generation is counted (openai/sora-9)
  code_interpreter_cost_per_session: sessions of the code interpreter are not counted (openai/container)
  entry: holds no price that is understood (openai/container, omni-moderation-latest)
  output_cost_per_image: prices by image depend on size and quality: write them by hand as images_<quality>_<size> (gpt-image-9)
  output_cost_per_second: no usage is counted in seconds of output (whisper-1)
  output_cost_per_token, input_cost_per_token: is 0: what is meant to be free has to be said by hand (text-embedding-3-small, omni-moderation-latest)
  entry: no request names its model like this (hd/1024-x-1024/dall-e-3, ft:gpt-4.1)
  input_cost_per_token_priority: the provider has no service tier "priority" here (claude-opus-4-8)
  search_context_cost_per_query: depends on the size of the search context (claude-sonnet-4-5)
  provider_specific_entry.eu: not understood (claude-haiku-9)
  entry: it is charged by the request too, which is not counted (xai/grok-voice-9)
  entry: names no provider (fallback_generalizations)
  entry: it has no price for audio_cached_tokens, which gpt-4o-mini-realtime-preview has (gpt-4o-mini-realtime-preview-2024-12-17)
  entries of 2 providers that are not served here: 2`);
});

test('names at most three of many, and every field that is not understood', () => {
  const models = Object.fromEntries(Array.from({ length: 1234 }, (_, index) => [`m-${index}-x`, entry('openai', { input_cost_per_token: 1e-6, odd_cost: 1, guest_price: 2 })]));
  const report = reportOf(fileOf({ ...models, ...Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`b-${index}`, entry(`p-${index % 3}`, {})])) }));
  expect(report).toContain('\nadded: 1,234 (1,234 new models)\n');
  expect(report).toContain('\n  odd_cost: not understood (m-0-x, m-1-x, m-2-x and 1,231 more)\n  guest_price: not understood (');
  expect(report).toContain('\n  entries of 3 providers that are not served here: 1,500');
  expect(reportOf(fileOf({ m: entry('openai', { input_cost_per_token: 1e-6 }) }))).toMatch(/\nunchanged: 0\nskipped: nothing$/);
});

test('makes a change of a price file out of what differs, models with the same prices in one group', () => {
  const change = changeOf(fixture);
  expect(change?.prices['anthropic']).toContainEqual({ models: ['claude-opus-4-8'], perMillionUsd: { cache_creation_1h_input_tokens: '10' }, perUnitUsd: { web_search_requests: '0.01' } });
  expect(change?.prices['anthropic']).toContainEqual(expect.objectContaining({ models: ['claude-haiku-9'], longContextThreshold: 100_000 }));
  expect(change?.prices['openai']?.map(({ models }) => models)).toContainEqual(['gpt-9', 'gpt-9-2026-12-01']);
  expect(change?.prices['grok']).toEqual([
    { models: ['grok-build-0.1'], perMillionUsd: {}, perUnitUsd: {}, longContextThreshold: 128_000 },
    { models: ['grok-9', 'grok-9-latest'], perMillionUsd: { input_tokens: '3', output_tokens: '9' }, perUnitUsd: {} },
  ]);
  expect(change?.multiples).toEqual({
    anthropic: [
      { member: 'inference_geo', value: 'us', percent: 110, models: ['claude-opus-4-8', 'claude-haiku-9'] },
      { member: 'speed', value: 'fast', percent: 200, models: ['claude-opus-4-8'] },
    ],
  });
  expect(toPriceChange(comparePrices(table, []), about)).toBeNull();
});

describe('a multiple', () => {
  const said = (factors: object, price = 5e-6) => fileOf({ 'claude-opus-4-8': entry('anthropic', { input_cost_per_token: price, provider_specific_entry: factors }) });
  const inFile = (...multiples: object[]) => tableWith({ ...about, prices: {}, multiples: { anthropic: multiples as NonNullable<PriceChange['multiples']>[string] } });
  const fast = { member: 'speed', value: 'fast' };

  test('that differs is told as a change, and stands alone in what is written', () => {
    const from = inFile({ ...fast, percent: 600, models: ['claude-opus-4-8'] });
    expect(reportOf(said({ fast: 2 }), from)).toContain('changed: 1\n  anthropic claude-opus-4-8 speed fast: 600 -> 200 % of the token prices\nadded: 0 (0 new models)\nunchanged: 1\n');
    expect(changeOf(said({ fast: 2 }), from)).toEqual({ ...about, prices: {}, multiples: { anthropic: [{ ...fast, percent: 200, models: ['claude-opus-4-8'] }] } });
  });

  test('that holds for all models of the provider is no difference', () => {
    const from = inFile({ ...fast, percent: 200 });
    const both = fileOf({ ...(JSON.parse(said({ fast: 2.0 })) as object), 'claude-9': entry('anthropic', { input_cost_per_token: 1e-6, provider_specific_entry: { fast: 2 } }) });
    expect(differencesOf(both, from).models.map(({ model, multiples }) => [model, multiples])).toEqual([['claude-9', []]]);
  });

  test('that only the table has stays, and is not mentioned', () => {
    const from = inFile({ ...fast, percent: 600, models: ['claude-opus-4-8'] });
    expect(differencesOf(said({}), from).models).toEqual([]);
  });
});

describe('a threshold', () => {
  const long = (thousands: number) => ({ input_cost_per_token: 1e-6, [`input_cost_per_token_above_${thousands}k_tokens`]: 2e-6 });
  const own = { ...about, prices: { openai: [{ models: ['m'], perMillionUsd: { input_tokens: '1', input_tokens_long: '2' }, perUnitUsd: {}, longContextThreshold: 100_000 }] } };

  test.each<[string, PriceTable, object, bigint | null, object | null]>([
    ['of the provider goes without saying', table, { m: entry('openai', long(272)) }, null, null],
    ['of its own is said for a new model', table, { m: entry('openai', long(100)) }, 100_000n, { oldTokens: null }],
    ['that is known already is no difference', tableWith(own), { m: entry('openai', long(100)) }, null, null],
    ['that is the one of the provider again is a change', tableWith(own), { m: entry('openai', long(272)) }, 272_000n, { oldTokens: 100_000n }],
    ['stays when the entry has no long context', tableWith(own), { m: entry('openai', { input_cost_per_token: 1e-6 }) }, null, null],
    ['is said where the table has long prices that it never charges', table, { 'claude-3-7-sonnet-latest': entry('anthropic', { input_cost_per_token_above_200k_tokens: 6e-6 }) }, 200_000n, { oldTokens: null }],
  ])('%s', (_, from, entries, tokens, old) => {
    const { models } = differencesOf(fileOf(entries), from);
    expect(models.map(({ threshold }) => threshold)[0] ?? null).toEqual(tokens === null ? null : { tokens, ...old });
  });

  test('where there was none is told as a change', () => {
    const report = reportOf(fileOf({ 'claude-3-7-sonnet-latest': entry('anthropic', { input_cost_per_token_above_200k_tokens: 6e-6 }) }));
    expect(report).toContain('changed: 1\n  anthropic claude-3-7-sonnet-latest longContextThreshold: none -> 200,000 tokens\n');
  });
});

describe('a batch price that is the discounted standard price', () => {
  const batch = { input_cost_per_token: 4e-6, input_cost_per_token_batches: 2e-6 };

  test('is not written, so that it follows', () => {
    const text = fileOf({ 'claude-new': entry('anthropic', batch), 'claude-opus-4-8': entry('anthropic', batch) });
    expect(changeOf(text)?.prices['anthropic']).toEqual([{ models: ['claude-new', 'claude-opus-4-8'], perMillionUsd: { input_tokens: '4' }, perUnitUsd: {} }]);
    expect(tableWith(changeOf(text)).unitPricePicoUsd('anthropic', 'claude-opus-4-8', 'input_tokens_batch')).toBe(2_000_000n);
  });

  test('is written where it is no longer that, because the standard price changes and this one does not', () => {
    const text = fileOf({ 'claude-opus-4-8': entry('anthropic', { input_cost_per_token: 4e-6, input_cost_per_token_batches: 2.5e-6 }) });
    expect(changeOf(text)?.prices['anthropic']?.[0]?.perMillionUsd).toEqual({ input_tokens: '4', input_tokens_batch: '2.5' });
    expect(tableWith(changeOf(text)).unitPricePicoUsd('anthropic', 'claude-opus-4-8', 'input_tokens_batch')).toBe(2_500_000n);
    expect(reportOf(text)).toContain('changed: 1\n  anthropic claude-opus-4-8 input_tokens: 5 -> 4 US$ a million (-20%)\nadded: 0');
  });

  test('is written where another was given by hand, which would stay', () => {
    const byHand = { ...about, validFrom: '2026-11-20T00:00:00Z', prices: { anthropic: [{ models: ['claude-opus-4-8'], perMillionUsd: { input_tokens_batch: '2.5' }, perUnitUsd: {} }] } };
    const text = fileOf({ 'claude-opus-4-8': entry('anthropic', batch) });
    const change = changeOf(text, tableWith(byHand));
    expect(change?.prices['anthropic']?.[0]?.perMillionUsd).toEqual({ input_tokens: '4', input_tokens_batch: '2' });
    expect(tableWith(byHand, change).unitPricePicoUsd('anthropic', 'claude-opus-4-8', 'input_tokens_batch')).toBe(2_000_000n);
  });
});

describe('when the change is taken', () => {
  test('a second import of the same file finds nothing', () => {
    const after = tableWith(changeOf(fixture));
    expect(differencesOf(fixture, after)).toMatchObject({ models: [], unchanged: differencesOf(fixture).unchanged + 45 });
    expect(changeOf(fixture, after)).toBeNull();
  });

  test('the table says what the file says, and a second import finds nothing', () => {
    const known = ['gpt-5.4', 'gpt-4.1', 'claude-opus-4-8', 'claude-sonnet-4-5', 'claude-3-7-sonnet-latest', 'grok-4.6', 'new', 'new-2026-12-01'];
    const names = ['input_cost_per_token', 'output_cost_per_token', 'cache_read_input_token_cost', 'cache_creation_input_token_cost_above_1hr', 'input_cost_per_image_token'];
    const suffixes = ['', '_batches', '_flex', '_priority', '_above_100k_tokens', '_above_200k_tokens', '_above_272k_tokens', '_above_100k_tokens_batches', '_above_272k_tokens_flex'];
    const field = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...suffixes)).map((parts) => parts.join(''));
    // Even, so that half of it, and the multiples, are whole numbers of pico-dollars.
    const usd = fc.integer({ min: 1, max: 20 }).map((half) => Number(`${half * 2}e-7`));
    const factor = fc.integer({ min: 1, max: 350 }).map((half) => Number(`${half * 2}e-2`));
    const anyFields = fc.tuple(fc.dictionary(field, usd), fc.record({ provider_specific_entry: fc.record({ us: factor, fast: factor }, { requiredKeys: [] }) }, { requiredKeys: [] })).map((parts) => Object.assign({}, ...parts) as object);
    const models = fc.dictionary(fc.constantFrom(...known), anyFields, { minKeys: 1 });
    const providerOf = (model: string, ofNew: string) => (model.startsWith('gpt') ? 'openai' : model.startsWith('claude') ? 'anthropic' : model.startsWith('grok') ? 'xai' : ofNew);
    fc.assert(
      fc.property(models, fc.constantFrom('openai', 'anthropic', 'xai'), (file, ofNew) => {
        const text = fileOf(Object.fromEntries(Object.entries(file).map(([model, fields]) => [model, entry(providerOf(model, ofNew), fields)])));
        const after = tableWith(changeOf(text));
        for (const { provider, model, prices, longContextThreshold, multiples } of readCommunityPrices(text, table).models) {
          for (const { member, value, percent } of multiples) expect(after.lookup(provider, model)?.multiples.get(member)?.get(value)).toBe(BigInt(percent));
          for (const { type, picoUsd } of prices) expect([model, type, after.unitPricePicoUsd(provider, model, type)]).toEqual([model, type, picoUsd]);
          if (longContextThreshold !== null) expect(after.lookup(provider, model)?.longContext?.threshold).toBe(longContextThreshold);
        }
        expect(differencesOf(text, after).models).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
