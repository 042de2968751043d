import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadPriceBook } from './load-price-book.js';
import { parsePriceFile, priceBookWith } from './price-file.js';
import { parsePriceTableData } from './price-table.js';
import type { PriceTable } from './price-table.js';
import { anthropicAnswer, answer, bill, quantitiesOf } from './sample-answer.suite.js';
import type { Answer } from './sample-answer.suite.js';

const folder = mkdtempSync(join(tmpdir(), 'price-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const written = (text: string): string => {
  const path = join(folder, `prices-${(files += 1)}.json`);
  writeFileSync(path, text);
  return path;
};
const bookOf = (file: object) => loadPriceBook(written(JSON.stringify({ name: 'acme', currency: 'USD', ...file })));
const change = (prices: object, dates: object = { validFrom: '2026-11-10T00:00:00Z' }) => ({ source: 'spec', prices, ...dates });
const million = (models: string[], perMillionUsd: object) => ({ models, perMillionUsd });

const november = (day: number) => new Date(Date.UTC(2026, 10, day));
const shipped = loadPriceBook();

test('adds models, adds missing prices and replaces prices, from its day on', () => {
  const book = bookOf({
    changes: [change({ openai: [million(['gpt-9', 'gpt-9-mini'], { input_tokens: '1', output_tokens: '4' }), million(['gpt-4.1'], { input_tokens: '3' })] })],
  });
  const before = book.tableAt(november(9));
  const after = book.tableAt(november(10));
  expect([before.version, before.has('openai', 'gpt-9')]).toEqual(['2026-11', false]);
  expect(after.version).toMatch(/^2026-11\+acme\.[0-9a-f]{10}$/);
  expect(after.isAvailable('openai', 'gpt-9-mini', null)).toBe(true);
  expect(after.unitPricePicoUsd('openai', 'gpt-4.1', 'input_tokens')).toBe(3_000_000n);
  expect(after.unitPricePicoUsd('openai', 'gpt-4.1', 'output_tokens')).toBe(shipped.newest.unitPricePicoUsd('openai', 'gpt-4.1', 'output_tokens'));
  expect(after.unitPricePicoUsd('openai', 'gpt-4.1-2025-04-14', 'input_tokens')).toBe(2_000_000n);
  expect(bill(after, answer({ requestModel: 'gpt-4.1', usage: { input_tokens: 1000 } })).priceVersion).toBe(after.version);
});

test('hour-long cache writes and web searches are priced once there is a price, and no longer named as unpriced', () => {
  const usage = { input_tokens: 10, output_tokens: 5, cache_creation_input_tokens: 100, cache_creation: { ephemeral_1h_input_tokens: 40 }, server_tool_use: { web_search_requests: 2 } };
  const group = { models: ['claude-opus-4-8'], perMillionUsd: { cache_creation_1h_input_tokens: '10' }, perUnitUsd: { web_search_requests: '0.01' } };
  const table = bookOf({ changes: [change({ anthropic: [group] })] }).tableAt(november(20));
  expect(bill(shipped.newest, anthropicAnswer('claude-opus-4-8', usage)).unpricedTypes).toEqual(['cache_creation_1h_input_tokens', 'web_search_requests']);
  const pricing = bill(table, anthropicAnswer('claude-opus-4-8', usage));
  expect(pricing.unpricedTypes).toEqual([]);
  expect(quantitiesOf(pricing)).toMatchObject({ cache_creation_input_tokens: '60', cache_creation_1h_input_tokens: '40', web_search_requests: '2' });
  expect(table.unitPricePicoUsd('anthropic', 'claude-opus-4-8', 'web_search_requests_batch')).toBeUndefined();
});

test('batch rates follow a replaced price, unless they are given', () => {
  const table = bookOf({ changes: [change({ anthropic: [million(['claude-opus-4-8'], { input_tokens: '4', output_tokens_batch: '11' })] })] }).newest;
  expect(table.unitPricePicoUsd('anthropic', 'claude-opus-4-8', 'input_tokens_batch')).toBe(2_000_000n);
  expect(table.unitPricePicoUsd('anthropic', 'claude-opus-4-8', 'output_tokens_batch')).toBe(11_000_000n);
});

test('a model that is given long prices is charged at them above the threshold of its provider', () => {
  const table = bookOf({ changes: [change({ openai: [million(['gpt-9'], { input_tokens: '1', input_tokens_long: '2', output_tokens: '4' })] })] }).newest;
  const typesOf = (input_tokens: number) => Object.keys(quantitiesOf(bill(table, answer({ requestModel: 'gpt-9', usage: { input_tokens } }))));
  expect([typesOf(272_000), typesOf(272_001)]).toEqual([['input_tokens'], ['input_tokens_long']]);
});

describe('a threshold of its own', () => {
  const typesOf = (table: PriceTable, model: Partial<Answer>, input_tokens: number, output_tokens = 1) => Object.keys(quantitiesOf(bill(table, answer({ ...model, usage: { input_tokens, output_tokens } }))));
  const long = { input_tokens: '1', input_tokens_long: '5', output_tokens: '2' };
  const own = (longContextThreshold: number, prices: object = long) => ({ openai: [{ models: ['gpt-9'], perMillionUsd: prices, longContextThreshold }] });
  const known = (longContextThreshold: number, models = ['gpt-5.4']) => ({ openai: [{ models, longContextThreshold }] });
  const thresholdAt = (book: ReturnType<typeof bookOf>, day: number, model = 'gpt-5.4') => book.tableAt(november(day)).lookup('openai', model)?.longContext?.threshold;

  test.each([
    [100_000, ['input_tokens', 'output_tokens']],
    [100_001, ['input_tokens_long', 'output_tokens']],
  ])('stands in place of that of the provider: %d tokens', (tokens, types) => {
    expect(typesOf(bookOf({ changes: [change(own(100_000))] }).newest, { requestModel: 'gpt-9' }, tokens)).toEqual(types);
  });

  test('leaves the comparison and what is counted as they are', () => {
    const table = bookOf({ changes: [change({ grok: [{ models: ['grok-4.6'], longContextThreshold: 100_000 }] })] }).newest;
    const model = { provider: 'grok', requestModel: 'grok-4.6' };
    expect(typesOf(table, model, 99_999, 500_000)).toEqual(['input_tokens', 'output_tokens']);
    expect(typesOf(table, model, 100_000)).toEqual(['input_tokens_long', 'output_tokens_long']);
  });

  test('stands alone for a model that has long prices; models that shared a group keep what they had', () => {
    const book = bookOf({ changes: [change(known(128_000))] });
    expect([thresholdAt(book, 11), thresholdAt(book, 11, 'gpt-5.4-2026-03-05')]).toEqual([128_000n, 272_000n]);
    expect(book.newest.unitPricePicoUsd('openai', 'gpt-5.4', 'input_tokens_long')).toBe(shipped.newest.unitPricePicoUsd('openai', 'gpt-5.4', 'input_tokens_long'));
  });

  test('holds while its change does; a later one wins, and so does the one of the provider when it is said again', () => {
    const changes = [
      change(known(300_000), { validFrom: '2026-11-12T00:00:00Z', validUntil: '2026-11-14T00:00:00Z' }),
      change(known(128_000), { validFrom: '2026-11-10T00:00:00Z', validUntil: '2026-11-16T00:00:00Z' }),
      change(known(272_000), { validFrom: '2026-11-15T00:00:00Z' }),
    ];
    for (const list of [changes, [...changes].reverse()]) {
      const book = bookOf({ changes: list });
      expect([9, 10, 12, 14, 15, 16].map((day) => thresholdAt(book, day))).toEqual([272_000n, 128_000n, 300_000n, 128_000n, 272_000n, 272_000n]);
    }
  });

  test('is part of the price version; without one the version is what it always was', () => {
    const versionOf = (prices: object) => bookOf({ changes: [change(prices)] }).newest.version;
    expect(versionOf(own(100_000))).not.toBe(versionOf(own(100_001)));
    expect(versionOf(known(128_000))).toMatch(/^2026-11\+acme\./);
    expect(versionOf({ openai: [million(['gpt-9'], long)] })).toBe('2026-11+acme.3b25ad11e2');
    expect(versionOf({ openai: [million(['gpt-9'], long), { models: ['gpt-9'], longContextThreshold: 100_000 }] })).toBe(versionOf(own(100_000)));
  });

  test.each<[string, object[], RegExp]>([
    ['without a long price', [change(own(100_000, { input_tokens: '1' }))], /longContextThreshold of openai model "gpt-9": there is no _long price/],
    ['of a model that nobody knows', [change(known(100_000, ['gpt-nine']))], /longContextThreshold of openai model "gpt-nine": there is no _long price/],
    ['that outlives its long prices', [change(own(100_000), { validFrom: '2026-11-10T00:00:00Z', validUntil: '2026-11-12T00:00:00Z' }), change({ openai: [{ models: ['gpt-9'], longContextThreshold: 5 }] }, { validFrom: '2026-11-11T00:00:00Z' })], /longContextThreshold of openai model "gpt-9"/],
    ['set twice from the same time on', [change(known(1)), change(known(1), { validFrom: '2026-11-10T01:00:00+01:00' })], /changes\[1\] sets longContextThreshold of openai model "gpt-5.4" twice .* changes\[0\]/],
    ['set twice in one change', [change({ openai: [...known(1).openai, ...known(2).openai] })], /changes\[0\] sets longContextThreshold .* twice/],
    ['of 0', [change(known(0))], /changes\[0\]\.prices\.openai\[0\]\.longContextThreshold/],
    ['that is no whole number', [change(known(0.5))], /openai\[0\]\.longContextThreshold/],
    ['as a text', [change({ openai: [{ models: ['gpt-5.4'], longContextThreshold: '5' }] })], /openai\[0\]\.longContextThreshold/],
  ])('%s is refused', (_, changes, message) => {
    expect(() => bookOf({ changes })).toThrow(message);
  });

  const over = (provider: object, prices: object) => {
    const openai = { usageFormat: 'openai', surcharged: true, ...provider };
    const data = parsePriceTableData({ version: 'v', validFrom: '2026-01-01T00:00:00Z', currency: 'USD', source: 'spec', providers: { openai } });
    return priceBookWith([data], parsePriceFile(JSON.stringify({ name: 'acme', currency: 'USD', changes: [change(prices)] }), 'spec'));
  };

  test('of a table stays when the file changes a price, and goes when the file says another', () => {
    const table = { longContext: { threshold: 10, comparison: '>', counts: ['input_tokens'] }, prices: [{ models: ['gpt-9', 'gpt-9-mini'], perMillionUsd: long, longContextThreshold: 5 }] };
    const thresholds = (prices: object) => ['gpt-9', 'gpt-9-mini'].map((model) => over(table, prices).newest.lookup('openai', model)?.longContext?.threshold);
    expect(thresholds({ openai: [million(['gpt-9'], { input_tokens: '3' })] })).toEqual([5n, 5n]);
    expect(thresholds({ openai: [{ models: ['gpt-9'], longContextThreshold: 7 }] })).toEqual([7n, 5n]);
  });

  test('of a provider without a long context is refused', () => {
    const prices = [{ models: ['m'], perMillionUsd: { input_tokens: '1' } }];
    expect(() => over({ prices }, own(100_000))).toThrow(/longContextThreshold of openai model "gpt-9": the provider has no long context/);
  });
});

test('a price may end, and what was there before holds again under its own version', () => {
  const book = bookOf({ changes: [change({ openai: [million(['gpt-4.1'], { input_tokens: '1' })] }, { validFrom: '2026-11-10T00:00:00Z', validUntil: '2026-11-12T00:00:00Z' })] });
  const inputAt = (day: number) => book.tableAt(november(day)).unitPricePicoUsd('openai', 'gpt-4.1', 'input_tokens');
  expect([9, 10, 11, 12].map(inputAt)).toEqual([2_000_000n, 1_000_000n, 1_000_000n, 2_000_000n]);
  expect(book.tableAt(november(12))).toBe(book.tableAt(november(9)));
  expect(book.versions.slice(0, 2)).toEqual(['2026-07', '2026-11']);
});

test('the later change wins where two hold, in whatever order the file has them', () => {
  const early = change({ openai: [million(['gpt-4.1'], { input_tokens: '1', output_tokens: '7' })] }, { validFrom: '2026-11-10T00:00:00Z' });
  const late = change({ openai: [{ models: ['gpt-4.1'], perUnitUsd: { input_tokens: '0.00001' } }] }, { validFrom: '2026-11-12T00:00:00Z' });
  const [one, other] = [bookOf({ changes: [early, late] }), bookOf({ changes: [late, early] })].map((book) => book.tableAt(november(12)));
  expect(one?.unitPricePicoUsd('openai', 'gpt-4.1', 'input_tokens')).toBe(10_000_000n);
  expect(one?.unitPricePicoUsd('openai', 'gpt-4.1', 'output_tokens')).toBe(7_000_000n);
  expect(other?.version).toBe(one?.version);
});

test('the version follows from what holds: another price is another version, another spelling is not', () => {
  const versionOf = (perMillionUsd: object, more: object = {}) => bookOf({ changes: [change({ openai: [million(['gpt-4.1'], perMillionUsd)] })], ...more }).newest.version;
  const version = versionOf({ input_tokens: '1', output_tokens: '2' });
  expect(versionOf({ output_tokens: '2', input_tokens: '1' })).toBe(version);
  expect(versionOf({ input_tokens: '1', output_tokens: '3' })).not.toBe(version);
  expect(versionOf({ input_tokens: '1', output_tokens: '2' }, { adjustments: [{ percent: '3' }] })).not.toBe(version);
  expect(versionOf({ input_tokens: '1', output_tokens: '2' }, { name: 'other' })).toMatch(/^2026-11\+other\./);
});

test('a change from before the shipped tables holds from then on; a provider that a table does not have yet stays out of it', () => {
  const book = bookOf({ changes: [change({ openai: [million(['gpt-9'], { input_tokens: '1' })], grok: [million(['grok-9'], { input_tokens: '1' })] }, { validFrom: '2026-01-01T00:00:00Z' })] });
  const has = (date: string, provider: string, model: string) => book.tableAt(new Date(date)).has(provider, model);
  expect([has('2025-12-31T00:00:00Z', 'openai', 'gpt-9'), has('2026-02-01T00:00:00Z', 'openai', 'gpt-9')]).toEqual([false, true]);
  expect([has('2026-08-01T00:00:00Z', 'grok', 'grok-9'), has('2026-11-02T00:00:00Z', 'grok', 'grok-9')]).toEqual([false, true]);
});

test('adjustments of the deployment are in its tables while they hold', () => {
  const book = bookOf({ adjustments: [{ percent: '3', validUntil: '2026-11-12T00:00:00Z' }] });
  const versionAt = (date: Date) => bill(book.tableAt(date), answer({ usage: { input_tokens: 1000 } })).priceVersion;
  expect(versionAt(november(11))).toMatch(/^2026-11\+acme\.[0-9a-f]{10};deployment=\+3%$/);
  expect(versionAt(new Date('2020-01-01T00:00:00Z'))).toMatch(/^2026-07\+acme\.[0-9a-f]{10};deployment=\+3%$/);
  expect(versionAt(november(12))).toBe('2026-11');
});

describe('a file that is wrong ends the start and says where', () => {
  const withPrice = (price: unknown, type = 'input_tokens') => ({ changes: [change({ openai: [million(['m'], { [type]: price })] })] });

  test.each<[string, object, RegExp]>([
    ['a number for a price', withPrice(1.25), /changes\[0\]\.prices\.openai\[0\]\.perMillionUsd\.input_tokens/],
    ['a negative price', withPrice('-1'), /decimal text[^]*perMillionUsd\.input_tokens/],
    ['a price finer than a pico-dollar', withPrice('0.0000001'), /whole number of pico-dollars[^]*perMillionUsd\.input_tokens/],
    ['a usage type that is none', withPrice('1', 'Input Tokens'), /Input Tokens/],
    ['a misspelt member', { changes: [{ ...change({ openai: [million(['m'], { input_tokens: '1' })] }), validfrom: 'x' }] }, /validfrom/],
    ['no start', { changes: [{ source: 's', prices: { openai: [million(['m'], { input_tokens: '1' })] } }] }, /changes\[0\]\.validFrom/],
    ['an end before the start', { changes: [change({ openai: [million(['m'], { input_tokens: '1' })] }, { validFrom: '2026-11-10T00:00:00Z', validUntil: '2026-11-09T00:00:00Z' })] }, /changes\[0\]\.validUntil/],
    ['an unknown provider', { changes: [change({ opneai: [million(['m'], { input_tokens: '1' })] })] }, /changes\[0\]\.prices names the provider "opneai"/],
    ['an adjustment of an unknown provider', { adjustments: [{ percent: '1', provider: 'x' }] }, /adjustments\[0\]\.provider/],
    ['a percentage that is none', { adjustments: [{ percent: '5 %' }] }, /adjustments\[0\]\.percent/],
    ['more than everything off', { adjustments: [{ percent: '-100.1' }] }, /adjustments\[0\]\.percent/],
    ['a model without its provider', { adjustments: [{ percent: '1', model: 'gpt-5' }] }, /adjustments\[0\]\.provider/],
    ['two adjustments for the same at once', { adjustments: [{ percent: '1' }, { percent: '2' }] }, /adjustments\[1\]/],
    ['a group without prices', { changes: [change({ openai: [{ models: ['m'] }] })] }, /holds no price/],
    ['two units for one type', { changes: [change({ openai: [{ models: ['m'], perMillionUsd: { a: '1' }, perUnitUsd: { a: '1' } }] })] }, /two prices/],
    ['a model priced twice from the same time on', { changes: [change({ openai: [million(['m'], { a: '1' })] }), change({ openai: [million(['m'], { a: '2' })] }, { validFrom: '2026-11-10T01:00:00+01:00' })] }, /changes\[1\] prices a of openai model "m" twice/],
    ['a name that is none', { name: 'a b' }, /name/],
  ])('%s', (_, file, message) => {
    expect(() => bookOf(file)).toThrow(message);
  });

  test('not JSON, and no file', () => {
    expect(() => loadPriceBook(written('{'))).toThrow(/^price file .*prices-\d+\.json is not JSON/);
    expect(() => loadPriceBook(join(folder, 'none.json'))).toThrow(/none\.json cannot be read/);
  });
});
