import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pricingSchema } from '@llm-proxy/usage-schema';
import { loadPriceBook } from './load-price-book.js';
import { parsePriceFile, priceBookWith } from './price-file.js';
import { parsePriceTable, parsePriceTableData } from './price-table.js';
import type { PriceTable } from './price-table.js';
import { priceUsage } from './price-usage.js';
import { FIVE_PERCENT, answer, anthropicAnswer, bill } from './sample-answer.suite.js';

const shipped = ['2026-07', '2026-11'].map((version) => parsePriceTableData(JSON.parse(readFileSync(new URL(`../data/${version}.json`, import.meta.url), 'utf8'))));
const november = loadPriceBook().table('2026-11') as PriceTable;

const change = (more: object, dates: object = { validFrom: '2026-11-10T00:00:00Z' }) => ({ source: 'spec', ...dates, ...more });
const bookOf = (...changes: object[]) => priceBookWith(shipped, parsePriceFile(JSON.stringify({ name: 'acme', currency: 'USD', changes }), 'spec'));
const tableOf = (...multiples: object[]) => bookOf(change({ multiples: { anthropic: multiples } })).newest;
const fast = (percent: number, models?: string[]) => ({ member: 'speed', value: 'fast', percent, models });
const us = (percent: number, models?: string[]) => ({ member: 'inference_geo', value: 'us', percent, models });

const USAGE = { input_tokens: 1_000, cache_creation_input_tokens: 100, cache_read_input_tokens: 10, output_tokens: 500 };
const linesOf = (table: PriceTable, usage: object, model = 'claude-opus-5', changes: object = {}) => {
  const { lines } = bill(table, { ...anthropicAnswer(model, { ...USAGE, ...usage }), ...changes }, { surchargeBasisPoints: 0 });
  return lines.map(({ type, quantity, unitPricePicoUsd, amountNanoUsd }) => [type, quantity, unitPricePicoUsd, amountNanoUsd]);
};
const unpricedOf = (table: PriceTable, usage: object, model = 'claude-opus-5', changes: object = {}) => bill(table, { ...anthropicAnswer(model, { ...USAGE, ...usage }), ...changes }).unpricedTypes;

describe('what the usage object says and the shipped tables have no price for', () => {
  test.each<[object, string[]]>([
    [{ speed: 'fast' }, ['speed_fast']],
    [{ inference_geo: 'us' }, ['inference_geo_us']],
    [{ inference_geo: 'eu', speed: ' FAST ' }, ['inference_geo_eu', 'speed_fast']],
    [{ inference_geo: 'x'.repeat(41), speed: 'very fast' }, ['inference_geo', 'speed']],
    [{ speed: 'batch' }, ['speed_batch']],
    [{ speed: 'long' }, ['speed_long']],
    [{ speed: 'fast', server_tool_use: { web_search_requests: 1 } }, ['web_search_requests', 'speed_fast']],
  ])('%j is named as unpriced; the tokens are charged as usual', (usage, names) => {
    expect(unpricedOf(november, usage)).toEqual(names);
    expect(linesOf(november, usage)).toEqual(linesOf(november, {}));
  });

  test.each([{ speed: 'standard', inference_geo: 'global' }, { inference_geo: 'not_available' }, { speed: null, inference_geo: null }, { speed: '', inference_geo: ' ' }, { speed: ['fast'] }, { service_tier: 'priority' }, { type: 'message' }])('%j says nothing', (usage) => {
    expect(unpricedOf(november, usage)).toEqual([]);
  });

  test('nothing is named where no token is charged', () => {
    const zeros = anthropicAnswer('claude-opus-5', { input_tokens: 0, output_tokens: 0, speed: 'fast' });
    expect(bill(november, zeros)).toMatchObject({ lines: [], unpricedTypes: [], totalNanoUsd: '0' });
    expect(priceUsage(november, anthropicAnswer('claude-opus-5', { speed: 'fast' }), FIVE_PERCENT)).toMatchObject({ status: 'unpriceable', reason: expect.stringContaining('no usage') });
  });

  test('in the form of another provider it is the same; objects of OpenAI do not speak of it', () => {
    expect(unpricedOf(november, { speed: 'fast' }, 'grok-4.6', { provider: 'grok' })).toContain('speed_fast');
    expect(bill(november, answer({ usage: { input_tokens: 1, output_tokens: 1, speed: 'fast' } })).unpricedTypes).toEqual([]);
  });
});

describe('a multiple', () => {
  test('is charged for every token, and the lines say so', () => {
    expect(linesOf(tableOf(fast(200)), { speed: 'fast' })).toEqual([
      ['input_tokens_fast', '1000', '10000000', '10000000'],
      ['cache_creation_input_tokens_fast', '100', '12500000', '1250000'],
      ['cache_read_input_tokens_fast', '10', '1000000', '10000'],
      ['output_tokens_fast', '500', '50000000', '25000000'],
    ]);
    expect(unpricedOf(tableOf(fast(200)), { speed: 'Fast' })).toEqual([]);
  });

  test('multiplies with another, in the order of their members', () => {
    const table = tableOf(fast(200), us(110));
    expect(linesOf(table, { speed: 'fast', inference_geo: 'us' }).map(([type, , price]) => [type, price])).toEqual([
      ['input_tokens_us_fast', '11000000'],
      ['cache_creation_input_tokens_us_fast', '13750000'],
      ['cache_read_input_tokens_us_fast', '1100000'],
      ['output_tokens_us_fast', '55000000'],
    ]);
    expect(linesOf(table, { inference_geo: 'us' })[0]).toEqual(['input_tokens_us', '1000', '5500000', '5500000']);
  });

  test('goes on top of a batch and of a long context', () => {
    const table = tableOf(fast(600), us(110));
    const long = { input_tokens: 200_001, speed: 'fast', inference_geo: 'us' };
    expect(linesOf(table, long, 'claude-sonnet-4-5')[0]).toEqual(['input_tokens_us_fast_long', '200001', '39600000', '7920039600']);
    expect(linesOf(table, long, 'claude-sonnet-4-5', { endpoint: '/v1/messages/batches' })[0]?.slice(0, 3)).toEqual(['input_tokens_batch_us_fast_long', '200001', '19800000']);
    expect(linesOf(table, { inference_geo: 'us' }, 'claude-sonnet-4-5', { endpoint: '/v1/messages/batches' })[0]).toEqual(['input_tokens_batch_us', '1000', '1650000', '1650000']);
  });

  test('is for tokens alone: searches cost what they cost', () => {
    const prices = { anthropic: [{ models: ['claude-opus-5'], perMillionUsd: { cache_creation_1h_input_tokens: '10' }, perUnitUsd: { web_search_requests: '0.01' } }] };
    const table = bookOf(change({ prices, multiples: { anthropic: [us(110)] } })).newest;
    const usage = { inference_geo: 'us', server_tool_use: { web_search_requests: 2 }, cache_creation: { ephemeral_1h_input_tokens: 40 } };
    expect(linesOf(table, usage).slice(1, 3)).toEqual([
      ['cache_creation_input_tokens_us', '60', '6875000', '412500'],
      ['cache_creation_1h_input_tokens_us', '40', '11000000', '440000'],
    ]);
    expect(linesOf(table, usage).at(-1)).toEqual(['web_search_requests', '2', '10000000000', '20000000']);
    expect(table.unitPricePicoUsd('anthropic', 'claude-opus-5', 'web_search_requests_us')).toBeUndefined();
  });

  test('for some models is none for others, and is closer than one for all', () => {
    const table = tableOf(fast(300), fast(200, ['claude-opus-5']));
    expect(['claude-opus-5', 'claude-sonnet-5'].map((model) => linesOf(table, { speed: 'fast' }, model)[0]?.[2])).toEqual(['10000000', '6000000']);
    expect(unpricedOf(tableOf(fast(200, ['claude-opus-5'])), { speed: 'fast' }, 'claude-sonnet-5')).toEqual(['speed_fast']);
  });

  test('may be for a member that nobody knew; only the values it names are charged or named', () => {
    const table = tableOf({ member: 'quality', value: 'max', percent: 150 });
    expect(linesOf(table, { quality: 'max' })[0]?.slice(0, 3)).toEqual(['input_tokens_max', '1000', '7500000']);
    expect([unpricedOf(table, { quality: 'max' }), unpricedOf(table, { quality: 'usual' })]).toEqual([[], []]);
  });

  test('takes discounts and markups of the deployment and the project like any price, and the own key pays nothing but the surcharge', () => {
    const data = anthropicAnswer('claude-opus-5', { ...USAGE, speed: 'fast' });
    expect(bill(tableOf(fast(200)), data, { surchargeBasisPoints: 0, projectAdjustments: [{ percent: '-50' }] })).toMatchObject({ lines: expect.arrayContaining([{ type: 'input_tokens_fast', quantity: '1000', unitPricePicoUsd: '5000000', amountNanoUsd: '5000000' }]), providerCostNanoUsd: '36260000', totalNanoUsd: '18130000' });
    expect(bill(tableOf(fast(200)), { ...data, providerKey: 'project' })).toMatchObject({ lines: expect.arrayContaining([expect.objectContaining({ type: 'custom_input_tokens_fast', amountNanoUsd: '0' })]), totalNanoUsd: '1813000' });
  });

  test('is shown with the prices', () => {
    const prices = tableOf(us(110)).chargedPricesUsd()['anthropic']!;
    expect(prices['claude-opus-5']).toMatchObject({ input_tokens: 5e-6, input_tokens_us: 5.5e-6, input_tokens_batch_us: 2.75e-6 });
    expect(tableOf(us(110)).isAvailable('anthropic', 'claude-opus-5', null)).toBe(true);
  });
});

describe('a multiple of 100 %', () => {
  test('says that the value is charged as usual, and leaves no trace on the lines', () => {
    const table = tableOf({ member: 'inference_geo', value: 'eu', percent: 100 });
    expect(linesOf(table, { inference_geo: 'eu' })).toEqual(linesOf(november, {}));
    expect(unpricedOf(table, { inference_geo: 'eu' })).toEqual([]);
  });

  test('ends one that a model had with all others', () => {
    const table = tableOf(us(110), us(100, ['claude-3-haiku']));
    expect(linesOf(table, { inference_geo: 'us' }, 'claude-3-haiku')).toEqual(linesOf(november, {}, 'claude-3-haiku'));
  });
});

describe('prices that are given', () => {
  const given = (perMillionUsd: object, ...multiples: object[]) =>
    bookOf(change({ prices: { anthropic: [{ models: ['claude-opus-5'], perMillionUsd }] }, ...(multiples.length === 0 ? {} : { multiples: { anthropic: multiples } }) })).newest;

  test('are kept beside a multiple, and another multiple goes on top of them', () => {
    const table = given({ input_tokens_fast: '12' }, fast(200), us(110), { member: 'quality', value: 'max', percent: 300 });
    expect(linesOf(table, { speed: 'fast', quality: 'max' }).map(([type, , price]) => [type, price]).slice(0, 2)).toEqual([
      ['input_tokens_max_fast', '30000000'],
      ['cache_creation_input_tokens_max_fast', '37500000'],
    ]);
    expect(linesOf(table, { speed: 'fast' }).map(([type, , price]) => [type, price]).slice(0, 2)).toEqual([
      ['input_tokens_fast', '12000000'],
      ['cache_creation_input_tokens_fast', '12500000'],
    ]);
  });

  test('need no multiple; what lacks one is named, and is charged as usual', () => {
    const table = given({ input_tokens_fast: '12', output_tokens_fast: '60' });
    expect(linesOf(table, { speed: 'fast' }).map(([type]) => type)).toEqual(['input_tokens_fast', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'output_tokens_fast']);
    expect(unpricedOf(table, { speed: 'fast' })).toEqual(['speed_fast']);
    expect(unpricedOf(table, { speed: 'fast', cache_creation_input_tokens: 0, cache_read_input_tokens: 0 })).toEqual([]);
  });
});

describe('in a price file', () => {
  const november20 = new Date('2026-11-20T00:00:00Z');
  const at = (book: ReturnType<typeof bookOf>, day: number) => book.tableAt(new Date(Date.UTC(2026, 10, day)));
  const percentAt = (book: ReturnType<typeof bookOf>, day: number) => at(book, day).lookup('anthropic', 'claude-opus-5')?.multiples.get('speed')?.get('fast');
  const set = (percent: number, dates: object) => change({ multiples: { anthropic: [fast(percent, ['claude-opus-5'])] } }, dates);

  test('holds while its change does, and the later one wins, in whatever order the file has them', () => {
    const changes = [
      set(300, { validFrom: '2026-11-12T00:00:00Z', validUntil: '2026-11-14T00:00:00Z' }),
      set(600, { validFrom: '2026-11-10T00:00:00Z', validUntil: '2026-11-16T00:00:00Z' }),
      set(200, { validFrom: '2026-11-15T00:00:00Z' }),
    ];
    for (const list of [changes, [...changes].reverse()]) {
      const book = bookOf(...list);
      expect([9, 10, 12, 14, 15, 16].map((day) => percentAt(book, day))).toEqual([undefined, 600n, 300n, 600n, 200n, 200n]);
    }
  });

  test('is part of the price version; without one the version is what it always was', () => {
    const versionOf = (...multiples: object[]) => tableOf(...multiples).version;
    expect(versionOf(fast(200))).toMatch(/^2026-11\+acme\.[0-9a-f]{10}$/);
    expect(new Set([versionOf(fast(200)), versionOf(fast(300)), versionOf(fast(200, ['claude-opus-5'])), versionOf({ ...fast(200), value: 'faster' })]).size).toBe(4);
    expect(versionOf(fast(200), us(110))).toBe(versionOf(us(110), fast(200)));
    const prices = { openai: [{ models: ['gpt-9'], perMillionUsd: { input_tokens: '1', input_tokens_long: '5', output_tokens: '2' } }] };
    expect(bookOf(change({ prices })).newest.version).toBe('2026-11+acme.3b25ad11e2');
    expect(bill(tableOf(fast(200)), anthropicAnswer('claude-opus-5', USAGE)).priceVersion).toBe(versionOf(fast(200)));
  });

  test('of a provider stays out of tables that do not have the provider yet', () => {
    const book = bookOf(change({ multiples: { grok: [{ member: 'mode', value: 'heavy', percent: 300 }] } }, { validFrom: '2026-08-01T00:00:00Z' }));
    expect([book.tableAt(new Date('2026-09-01T00:00:00Z')).version, at(book, 20).lookup('grok', 'grok-4.6')?.multiples.size]).toEqual(['2026-07', 1]);
  });

  test('goes for models that the same change adds', () => {
    const prices = { anthropic: [{ models: ['claude-9'], perMillionUsd: { input_tokens: '7' } }] };
    expect(bookOf(change({ prices, multiples: { anthropic: [fast(200, ['claude-9'])] } })).tableAt(november20).unitPricePicoUsd('anthropic', 'claude-9', 'input_tokens_fast')).toBe(14_000_000n);
  });

  test.each<[string, object[], RegExp]>([
    ['of a model that nobody knows', [change({ multiples: { anthropic: [fast(200, ['claude-nine'])] } })], /speed "fast" names models without a token price: claude-nine/],
    ['of a model without tokens', [change({ multiples: { openai: [fast(200, ['whisper-1'])] } })], /without a token price: whisper-1/],
    ['of a provider that nobody knows', [change({ multiples: { antropic: [fast(200)] } })], /changes\[0\]\.multiples names the provider "antropic"/],
    ['that makes a price finer than a pico-dollar', [change({ prices: { anthropic: [{ models: ['m'], perUnitUsd: { input_tokens: '0.000000000002' } }] }, multiples: { anthropic: [us(110, ['m'])] } })], /110 % of input_tokens of m, for inference_geo us, is not a whole number of pico-dollars/],
    ['set twice from the same time on', [set(200, { validFrom: '2026-11-10T00:00:00Z' }), set(300, { validFrom: '2026-11-10T01:00:00+01:00' })], /changes\[1\] sets the multiple for speed "fast" of anthropic model "claude-opus-5" twice .* changes\[0\]/],
    ['set twice for all', [change({ multiples: { anthropic: [fast(200), fast(300)] } })], /sets the multiple for speed "fast" of anthropic twice/],
    ['whose value is a tier', [change({ multiples: { openai: [{ member: 'mode', value: 'flex', percent: 50 }] } })], /"flex" of mode is the suffix of other prices/],
    ['whose value means long', [change({ multiples: { anthropic: [{ member: 'context', value: 'long', percent: 200 }] } })], /"long" of context/],
    ['whose value two members have', [change({ multiples: { anthropic: [us(110), { member: 'region', value: 'us', percent: 110 }] } })], /"us" is a value of both inference_geo and region/],
    ['of 0 %', [change({ multiples: { anthropic: [fast(0)] } })], /changes\[0\]\.multiples\.anthropic\[0\]\.percent/],
    ['of half a percent', [change({ multiples: { anthropic: [fast(110.5)] } })], /multiples\.anthropic\[0\]\.percent/],
    ['as a text', [change({ multiples: { anthropic: [{ ...fast(200), percent: '200' }] } })], /multiples\.anthropic\[0\]\.percent/],
    ['for a value in capitals', [change({ multiples: { anthropic: [{ ...fast(200), value: 'FAST' }] } })], /a value in lower case/],
    ['without a member', [change({ multiples: { anthropic: [{ value: 'fast', percent: 200 }] } })], /multiples\.anthropic\[0\]\.member/],
    ['for no model', [change({ multiples: { anthropic: [fast(200, [])] } })], /multiples\.anthropic\[0\]\.models/],
    ['misspelt', [change({ multiples: { anthropic: [{ ...fast(200), model: 'x' }] } })], /model/],
    ['in a change of nothing', [change({})], /changes nothing/],
  ])('%s is refused', (_, changes, message) => {
    expect(() => bookOf(...changes)).toThrow(message);
  });
});

describe('in a table', () => {
  const data = (multiples: object[]) => ({
    version: 'v',
    validFrom: '2026-01-01T00:00:00Z',
    currency: 'USD',
    source: 'spec',
    providers: { anthropic: { usageFormat: 'anthropic', surcharged: false, multiples, prices: [{ models: ['m', 'n'], perMillionUsd: { input_tokens: '1', output_tokens: '5' } }] } },
  });

  test('is the same, and a price file stands over it', () => {
    const own = data([fast(200, ['m'])]);
    expect(linesOf(parsePriceTable(own), { speed: 'fast' }, 'm')[0]?.slice(0, 3)).toEqual(['input_tokens_fast', '1000', '2000000']);
    const file = { name: 'acme', currency: 'USD', changes: [change({ multiples: { anthropic: [fast(300, ['m', 'n'])] } })] };
    const over = priceBookWith([parsePriceTableData(own)], parsePriceFile(JSON.stringify(file), 'spec')).newest;
    expect(['m', 'n'].map((model) => over.unitPricePicoUsd('anthropic', model, 'input_tokens_fast'))).toEqual([3_000_000n, 3_000_000n]);
  });

  test('said twice is refused', () => {
    expect(() => parsePriceTable(data([fast(200, ['m']), fast(300, ['n', 'm'])]))).toThrow('speed "fast" of m is said twice');
    expect(() => parsePriceTable(data([fast(200), fast(300)]))).toThrow('of all models is said twice');
  });
});

describe('whatever the counts and the multiples are', () => {
  const count = fc.integer({ min: 0, max: 300_000 });
  const counts = fc.record({ input_tokens: count, output_tokens: count, cache_creation_input_tokens: count, cache_read_input_tokens: count });
  // Even, so that the smallest prices stay whole numbers of pico-dollars.
  const percent = fc.integer({ min: 1, max: 500 }).map((half) => half * 2);
  const said = fc.record({ speed: fc.constantFrom('fast', 'standard'), inference_geo: fc.constantFrom('us', 'global') });
  const model = fc.constantFrom('claude-opus-5', 'claude-sonnet-4-5', 'claude-3-haiku');
  const endpoint = fc.constantFrom('/v1/messages', '/v1/messages/batches');
  const anthropic = shipped[1]!.providers['anthropic']!;
  const tableWith = (speed: number, geo: number) => parsePriceTable({ ...shipped[1], providers: { anthropic: { ...anthropic, multiples: [fast(speed), us(geo)] } } });
  const ofTokens = (usage: object, requestModel: string, path: string) => ({ ...anthropicAnswer(requestModel, { ...usage }), endpoint: path });

  test('each price is the product, the total the sum of the lines, and nothing is named', () => {
    fc.assert(
      fc.property(counts, percent, percent, said, model, endpoint, (usage, speed, geo, words, requestModel, path) => {
        const plain = bill(november, ofTokens(usage, requestModel, path), FIVE_PERCENT);
        const pricing = bill(tableWith(speed, geo), ofTokens({ ...usage, ...words }, requestModel, path), FIVE_PERCENT);
        expect(pricingSchema.parse(pricing)).toEqual(pricing);
        const factor = BigInt(words.speed === 'fast' ? speed : 100) * BigInt(words.inference_geo === 'us' ? geo : 100);
        const tokens = pricing.lines.slice(0, -1);
        expect(tokens.map(({ quantity, unitPricePicoUsd }) => [quantity, BigInt(unitPricePicoUsd) * 10_000n])).toEqual(plain.lines.slice(0, -1).map(({ quantity, unitPricePicoUsd }) => [quantity, BigInt(unitPricePicoUsd) * factor]));
        expect(BigInt(pricing.totalNanoUsd)).toBe(pricing.lines.reduce((sum, { amountNanoUsd }) => sum + BigInt(amountNanoUsd), 0n));
        expect(pricing.unpricedTypes).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test.each(['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const)('the cost never falls when %s rises', (key) => {
    fc.assert(
      fc.property(counts, count, percent, percent, said, model, endpoint, (usage, more, speed, geo, words, requestModel, path) => {
        const table = tableWith(speed, geo);
        const costOf = (tokens: object) => BigInt(bill(table, ofTokens({ ...tokens, ...words }, requestModel, path)).totalNanoUsd);
        expect(costOf({ ...usage, [key]: usage[key] + more })).toBeGreaterThanOrEqual(costOf(usage));
      }),
      { numRuns: 50 },
    );
  });

  test('100 % changes nothing', () => {
    fc.assert(
      fc.property(counts, said, model, endpoint, (usage, words, requestModel, path) => {
        expect(bill(tableWith(100, 100), ofTokens({ ...usage, ...words }, requestModel, path))).toEqual(bill(november, ofTokens(usage, requestModel, path)));
      }),
      { numRuns: 50 },
    );
  });

  test('words of any kind are never an error, and what is named is fit for a report', () => {
    const table = tableOf(fast(200));
    const word = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('fast', 'us', 'batch', 'long', '__proto__', 'constructor', null, true, ['fast']));
    fc.assert(
      fc.property(word, word, (speed, geo) => {
        const { unpricedTypes } = bill(table, anthropicAnswer('claude-opus-5', { input_tokens: 1, output_tokens: 1, speed, inference_geo: geo }));
        for (const type of unpricedTypes) expect(type).toMatch(/^(speed|inference_geo)(_[a-z0-9_.-]{1,40})?$/);
      }),
    );
  });
});
