import { describe, expect, test } from '@jest/globals';
import { loadPriceBook } from './load-price-book.js';
import { parsePriceTable } from './price-table.js';
import type { PriceTable } from './price-table.js';

const book = loadPriceBook();
const july = book.table('2026-07') as PriceTable;
const november = book.table('2026-11') as PriceTable;

const data = (provider: Record<string, unknown>) => ({
  version: 'v',
  validFrom: '2026-01-01T00:00:00Z',
  currency: 'USD',
  source: 'spec',
  providers: { p: { usageFormat: 'openai', surcharged: true, prices: [{ models: ['m'], perMillionUsd: { input_tokens: '1' } }], ...provider } },
});

const longContext = { longContext: { threshold: 10, comparison: '>', counts: ['input_tokens'], models: ['m'] } };

test('a group may have a threshold of its own; its models have a long context without being listed', () => {
  const perMillionUsd = { input_tokens: '1', input_tokens_long: '2' };
  const table = parsePriceTable(data({ ...longContext, prices: [{ models: ['m', 'o'], perMillionUsd }, { models: ['n'], perMillionUsd, longContextThreshold: 5 }] }));
  const thresholds = ['m', 'n', 'o'].map((model) => table.lookup('p', model)?.longContext?.threshold);
  expect(thresholds).toEqual([10n, 5n, undefined]);
  expect(table.rules('p')?.longContextThreshold).toBe(10n);
  expect(table.rules('q')).toBeUndefined();
});

describe('lookup', () => {
  test('is by exact name', () => {
    expect(july.has('openai', 'gpt-5.4')).toBe(true);
    expect(july.has('openai', 'GPT-5.4')).toBe(false);
    expect(july.has('openai', 'gpt-5')).toBe(true);
    expect(july.has('openai', 'gpt-5.4-2099-01-01')).toBe(false);
    expect(july.has('anthropic', 'gpt-5.4')).toBe(false);
  });

  test.each(['constructor', '__proto__', 'toString', ''])('finds nothing under %p', (name) => {
    expect(july.has(name, 'gpt-5.4')).toBe(false);
    expect(july.has('openai', name)).toBe(false);
    expect(july.unitPricePicoUsd('openai', 'gpt-5.4', name)).toBeUndefined();
    expect(july.models(name)).toEqual([]);
  });

  test('prices are whole pico-dollars per unit', () => {
    expect(july.unitPricePicoUsd('openai', 'gpt-5.4', 'input_tokens')).toBe(2_500_000n);
    expect(july.unitPricePicoUsd('openai', 'gpt-5-nano', 'cached_tokens_flex')).toBe(2_500n);
    expect(july.unitPricePicoUsd('openai', 'whisper-1', 'audio_minutes')).toBe(6_000_000_000n);
    expect(july.unitPricePicoUsd('openai', 'tts-1', 'input_characters')).toBe(15_000_000n);
    expect(november.unitPricePicoUsd('openai', 'gpt-6-astra', 'output_tokens_ultrafast_long')).toBe(450_000_000n);
  });

  test('every table has its providers and models', () => {
    expect([july.models('openai').length, july.models('anthropic').length, july.models('grok').length]).toEqual([89, 30, 0]);
    expect([november.models('openai').length, november.models('anthropic').length, november.models('grok').length]).toEqual([100, 37, 7]);
  });
});

describe('availability', () => {
  test.each([
    [july, 'gpt-6-astra', null, false],
    [july, 'gpt-5.4', 'ultrafast', false],
    [november, 'gpt-6-astra', 'ultrafast', true],
    [november, 'gpt-6-sol', 'ultrafast', false],
    [november, 'gpt-6-sol', 'priority', true],
    [november, 'gpt-6-sol', 'fast', true],
    [november, 'text-embedding-3-small', 'Fast', false],
    [november, 'gpt-5.4', ' Flex ', true],
    [november, 'gpt-5.4', '', true],
    [november, 'gpt-5.4', 'scale', false],
    [november, 'text-embedding-3-small', 'auto', true],
    [november, 'text-embedding-3-small', 'flex', false],
  ])('in %# of %s with tier %p', (table, model, tier, expected) => {
    expect(table.isAvailable('openai', model, tier)).toBe(expected);
  });

  test('a tier needs a price for input and for output', () => {
    const prices = [
      { models: ['input only'], perMillionUsd: { input_tokens_flex: '1' } },
      { models: ['both'], perMillionUsd: { input_tokens_flex: '1', output_tokens_flex: '1' } },
    ];
    const table = parsePriceTable(data({ serviceTiers: ['flex'], prices }));
    expect([table.isAvailable('p', 'input only', 'flex'), table.isAvailable('p', 'both', 'flex')]).toEqual([false, true]);
  });

  test('tiers are judged per provider', () => {
    expect(november.isAvailable('grok', 'grok-4.6', 'priority')).toBe(true);
    expect(november.isAvailable('grok', 'grok-4.6', 'flex')).toBe(false);
    expect(november.isAvailable('anthropic', 'claude-opus-5-5', 'standard_only')).toBe(true);
  });
});

test('for display it is provider, model, type, US$', () => {
  const json = JSON.parse(JSON.stringify(july.chargedPricesUsd())) as Record<string, Record<string, Record<string, number>>>;
  expect(Object.keys(json)).toEqual(['openai', 'anthropic']);
  expect(json['openai']?.['gpt-4.1']).toEqual({
    input_tokens: 2e-6,
    cached_tokens: 5e-7,
    output_tokens: 8e-6,
    input_tokens_priority: 3.5e-6,
    cached_tokens_priority: 8.75e-7,
    output_tokens_priority: 1.4e-5,
  });
});

describe('price data that is wrong is refused, and the error says where', () => {
  test.each([
    ['a number where text is due', { prices: [{ models: ['m'], perMillionUsd: { input_tokens: 1 } }] }, 'input_tokens'],
    ['a price that is no decimal', { prices: [{ models: ['m'], perUnitUsd: { input_tokens: '1e-6' } }] }, 'decimal text'],
    ['a fraction of a pico-dollar', { prices: [{ models: ['m'], perMillionUsd: { input_tokens: '0.0000001' } }] }, 'm input_tokens: 0.0000001'],
    ['a negative price', { prices: [{ models: ['m'], perMillionUsd: { input_tokens: '-1' } }] }, 'decimal text'],
    ['a model twice', { prices: [{ models: ['m', 'm'] }] }, 'm is priced twice'],
    ['a type twice', { prices: [{ models: ['m'], perMillionUsd: { a: '1' }, perUnitUsd: { a: '1' } }] }, 'two prices'],
    ['an unknown key', { surchargedd: true }, 'surchargedd'],
    ['an unknown usage format', { usageFormat: 'mystery' }, 'usageFormat'],
    ['long context of an unpriced model', { longContext: { threshold: 1, comparison: '>', counts: ['input_tokens'], models: ['x'] } }, 'without a price: x'],
    ['a prefix that no model has', { longContext: { threshold: 1, comparison: '>', counts: ['input_tokens'], modelPrefixes: ['y'] } }, 'without a price: y'],
    ['a threshold without a long context', { prices: [{ models: ['m'], perMillionUsd: { input_tokens_long: '1' }, longContextThreshold: 1 }] }, 'longContextThreshold of m: its provider has no longContext'],
    ['a threshold without a long price', { ...longContext, prices: [{ models: ['m'], perMillionUsd: { input_tokens: '1' }, longContextThreshold: 1 }] }, 'longContextThreshold of m: it has no _long price'],
    ['a threshold of nothing', { ...longContext, prices: [{ models: ['m'], perMillionUsd: { input_tokens_long: '1' }, longContextThreshold: 0 }] }, 'longContextThreshold'],
    ['another comparison', { longContext: { threshold: 1, comparison: '<', counts: ['input_tokens'], models: ['m'] } }, 'comparison'],
  ])('%s', (_, provider, message) => {
    expect(() => parsePriceTable(data(provider))).toThrow(message);
  });

  test.each([null, 'text', [], {}, { ...data({}), validFrom: 'July' }, { ...data({}), currency: 'EUR' }])('a table such as %j', (json) => {
    expect(() => parsePriceTable(json)).toThrow('malformed');
  });
});
