import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadPriceBook } from '../load-price-book.js';
import { formatPicoUsd } from '../money.js';
import { parsePriceTable } from '../price-table.js';
import type { PriceTable } from '../price-table.js';
import { comparePrices } from './compare-prices.js';
import { formatPriceReport } from './price-report.js';
import { readCommunityPrices } from './read-community-prices.js';

const table = loadPriceBook().table('2026-11') as PriceTable;
const fixture = readFileSync(new URL('../../fixtures/community-prices.json', import.meta.url), 'utf8');

const pricesOf = (text: string, only: string | null = null) =>
  Object.fromEntries(readCommunityPrices(text, table, only).models.flatMap(({ provider, model, prices }) => prices.map(({ type, picoUsd }) => [`${provider} ${model} ${type}`, picoUsd])));
const thresholdsOf = (text: string) => Object.fromEntries(readCommunityPrices(text, table).models.map(({ model, longContextThreshold }) => [model, longContextThreshold]));
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
    'openai gpt-live-transcribe audio_minutes': 17_000_000_000n,
    'openai gpt-realtime-translate audio_minutes': 34_000_000_000n,
    'openai tts-1 input_characters': 15_000_000n,
    'openai gpt-6-luna input_tokens_decisions_long': 200_000n,
    'anthropic claude-opus-4-8 cache_creation_1h_input_tokens': 10_000_000n,
    'anthropic claude-opus-4-8 cache_read_input_tokens': 500_000n,
    'anthropic claude-opus-4-8 output_tokens_batch': 12_500_000n,
    'anthropic claude-opus-4-8 web_search_requests': 10_000_000_000n,
    'anthropic claude-sonnet-4-5 input_tokens_long': 6_000_000n,
    'anthropic claude-haiku-9 cache_creation_1h_input_tokens_long': 1_000_000n,
    'anthropic claude-haiku-9 input_tokens_batch_long': 250_000n,
    'grok grok-4.6 cached_tokens': 500_000n,
  });
});

test('takes the prices of one provider alone, and then says nothing of the others', () => {
  const { models, skipped, notServed } = readCommunityPrices(fixture, table, 'grok');
  expect(new Set(models.map(({ provider }) => provider))).toEqual(new Set(['grok']));
  expect(skipped.map(({ names }) => names)).toEqual([['xai/grok-voice-9']]);
  expect(notServed.size).toBe(0);
});

test('counts the entries of providers that are not served', () => {
  expect(readCommunityPrices(fixture, table).notServed).toEqual(new Map([['bedrock', 1], ['azure', 1]]));
});

test.each([
  ['input_cost_per_token_batches', /no prices of their own/, ['gpt-4.1']],
  ['regional_processing_uplift_multiplier_eu', /does not tell which/, ['gpt-9']],
  ['provider_specific_entry.eu', /not understood/, ['claude-haiku-9']],
  ['input_cost_per_token_priority', /no service tier "priority"/, ['claude-opus-4-8']],
  ['input_cost_per_token_balanced', /no service tier "balanced"/, ['gpt-6-luna']],
  ['cache_read_input_token_cost_decisions', /all their input at one price/, ['gpt-6-luna']],
  ['cache_creation_input_token_cost_above_12hr_above_272k_tokens_flex', /however long they are kept/, ['gpt-6-luna']],
  ['cache_creation_input_audio_token_cost', /does not report such a count/, ['gpt-4o-mini-realtime-preview-2024-12-17']],
  ['output_cost_per_image', /by image/, ['gpt-image-9']],
  ['code_interpreter_cost_per_session', /not counted/, ['openai/container']],
  ['output_cost_per_token', /is 0/, ['text-embedding-3-small', 'omni-moderation-latest']],
  ['entry', /more than one long context: above 200,000 tokens, above 272,000 tokens$/, ['gpt-9-steps']],
  ['entry', /searches the web for every request/, ['gpt-9-search-preview']],
  ['entry', /no price for audio_cached_tokens, which gpt-4o-mini-realtime-preview has/, ['gpt-4o-mini-realtime-preview-2024-12-17']],
  ['entry', /mode video_generation/, ['openai/sora-9']],
  ['entry', /by the request too/, ['xai/grok-voice-9']],
  ['entry', /names no provider/, ['fallback_generalizations']],
])('says why %s is not taken over: %s', (what, reason, names) => {
  expect(skippedOf(fixture)).toContainEqual({ what, reason: expect.stringMatching(reason), names });
});

test.each(['prompt_cache_min_tokens', 'thinking_always_on', 'reasoning_modes', 'default_reasoning_effort', 'rpm', 'supports_free_text', 'anything'])('%s is not about money, and not mentioned', (field) => {
  expect(skippedOf(entryOf(`"input_cost_per_token": 1e-06, "${field}": 4096`))).toEqual([]);
});

test.each(['off_peak_pricing', 'input_cost_per_dream', 'guest_multiplier', 'web_search_billing_unit', 'search_free_requests', 'input_cost_per_token_cache_hit', 'new_price'])('%s is about money, and named', (what) => {
  expect(skippedOf(entryOf(`"input_cost_per_token": 1e-06, "${what}": 2`))).toEqual([{ what, reason: 'not understood', names: ['m'] }]);
});

describe('a long context', () => {
  const short = '"input_cost_per_token": 1e-06, "output_cost_per_token": 5e-06';

  test.each<[string, string, bigint | null, string[]]>([
    ['begins where that of the provider does', '"input_cost_per_token_above_272k_tokens": 2e-06', 272_000n, ['input_tokens_long']],
    ['begins earlier', '"input_cost_per_token_above_100k_tokens": 2e-06, "output_cost_per_token_above_100k_tokens": 9e-06', 100_000n, ['input_tokens_long', 'output_tokens_long']],
    ['begins later', '"input_cost_per_token_above_512k_tokens": 2e-06', 512_000n, ['input_tokens_long']],
    ['costs the same at one beginning, and more at another', '"input_cost_per_token_above_128k_tokens": 1e-06, "output_cost_per_token_above_512k_tokens": 9e-06', 512_000n, ['output_tokens_long']],
    ['costs the same at all of them', '"input_cost_per_token_above_128k_tokens": 1e-06, "input_cost_per_token_above_272k_tokens": 1.0e-6', 272_000n, ['input_tokens_long']],
    ['costs the same, and its beginning is not understood', '"input_cost_per_token_above_1m_tokens": 1e-06', null, []],
    ['is priced for batches alone, which have no prices here', '"input_cost_per_token_above_128k_tokens_batches": 5e-07', null, []],
  ])('that %s is taken', (_, fields, threshold, types) => {
    const { models } = readCommunityPrices(entryOf(`${short}, ${fields}`), table);
    expect(models).toEqual([expect.objectContaining({ model: 'm', longContextThreshold: threshold })]);
    expect(models[0]!.prices.map(({ type }) => type).filter((type) => type.endsWith('_long'))).toEqual(types);
  });

  test.each([
    ['at two beginnings', '"input_cost_per_token_above_128k_tokens": 2e-06, "input_cost_per_token_above_272k_tokens": 3e-06', /more than one long context/],
    ['at two beginnings for two tiers', '"input_cost_per_token_above_128k_tokens": 2e-06, "input_cost_per_token_above_272k_tokens_flex": 3e-06', /more than one long context/],
    ['lower at the first of two', '"input_cost_per_token_above_128k_tokens": 5e-07, "input_cost_per_token_above_272k_tokens": 3e-06', /more than one long context/],
    ['from a number that is none', '"input_cost_per_token_above_1m_tokens": 2e-06', /begins at "1m"/],
    ['from nothing', '"input_cost_per_token_above_0k_tokens": 2e-06', /begins at "0k"/],
    ['that are negative', '"input_cost_per_token_above_272k_tokens": -1', /its input_cost_per_token_above_272k_tokens is negative/],
    ['that are 0', '"output_cost_per_token_above_272k_tokens": 0.0', /its output_cost_per_token_above_272k_tokens is 0/],
    ['that are no numbers', '"cache_read_input_token_cost_above_272k_tokens": "x"', /is no number/],
    ['by ranges', '"tiered_pricing": [{"range": [0, 256000], "input_cost_per_token": 1e-06}]', /by ranges/],
  ])('whose prices are %s leaves out the whole model, because the short ones alone charge too little', (_, fields, reason) => {
    expect(readCommunityPrices(entryOf(`${short}, ${fields}`), table)).toMatchObject({ models: [], skipped: [{ what: 'entry', reason: expect.stringMatching(reason), names: ['m'] }] });
  });

  test('of a provider that has none leaves out the whole model', () => {
    const prices = [{ models: ['old'], perMillionUsd: { input_tokens: '1' } }];
    const other = parsePriceTable({ version: 'v', validFrom: '2026-01-01T00:00:00Z', currency: 'USD', source: 'spec', providers: { openai: { usageFormat: 'openai', surcharged: true, prices } } });
    const { models, skipped } = readCommunityPrices(entryOf(`${short}, "input_cost_per_token_above_272k_tokens": 2e-06`), other);
    expect([models, skipped]).toEqual([[], [{ what: 'entry', reason: expect.stringMatching(/the provider has none here/), names: ['m'] }]]);
  });

  test('has the threshold that the entry says', () => {
    expect(thresholdsOf(fixture)).toMatchObject({ 'gpt-9': 272_000n, 'gpt-9-level': 272_000n, 'claude-haiku-9': 100_000n, 'grok-build-0.1': 128_000n, 'gpt-4.1': null });
  });

  test('is never left out where it costs more, whatever the beginnings are', () => {
    const longer = fc.record({ thousands: fc.constantFrom(100, 128, 200, 272, 512), field: fc.constantFrom('input_cost_per_token', 'output_cost_per_token', 'cache_read_input_token_cost'), micro: fc.integer({ min: 1, max: 3 }) });
    fc.assert(
      fc.property(fc.array(longer, { maxLength: 4 }), (all) => {
        const base = { input_cost_per_token: 1, output_cost_per_token: 2 };
        const fields = new Map(all.map(({ thousands, field, micro }) => [`${field}_above_${thousands}k_tokens`, micro]));
        const text = JSON.stringify({ m: { litellm_provider: 'openai', ...Object.fromEntries([...Object.entries(base), ...fields].map(([field, micro]) => [field, micro / 1_000_000])) } });
        const [model] = readCommunityPrices(text, table).models;
        const dearer = all.filter(({ thousands, field }) => fields.get(`${field}_above_${thousands}k_tokens`) !== base[field as keyof typeof base]);
        expect(model !== undefined).toBe(new Set(dearer.map(({ thousands }) => thousands)).size <= 1);
        if (model !== undefined && dearer.length > 0) expect(model.longContextThreshold).toBe(BigInt(dearer[0]!.thousands) * 1000n);
      }),
    );
  });
});

describe('what all token prices are multiplied by', () => {
  const read = (value: string, provider = 'anthropic') => {
    const { models, skipped } = readCommunityPrices(`{"m": {"litellm_provider": "${provider}", "input_cost_per_token": 1e-06, "provider_specific_entry": ${value}}}`, table);
    return { multiples: models[0]?.multiples.map(({ member, value: word, percent }) => [member, word, percent]), skipped: skipped.map(({ what, reason }) => [what, reason]) };
  };

  test.each([
    ['{"us": 1.1, "fast": 6.0}', [['inference_geo', 'us', 110], ['speed', 'fast', 600]]],
    ['{"us": 1.10, "fast": 2}', [['inference_geo', 'us', 110], ['speed', 'fast', 200]]],
    ['{"fast": 0.5}', [['speed', 'fast', 50]]],
    ['{"us": 1e0}', [['inference_geo', 'us', 100]]],
    ['{}', []],
    ['null', []],
  ])('%s is taken', (value, multiples) => {
    expect(read(value)).toEqual({ multiples, skipped: [] });
  });

  test.each([
    ['{"eu": 1.1}', 'provider_specific_entry.eu', 'not understood'],
    ['{"__proto__": 1.1}', 'provider_specific_entry.__proto__', 'not understood'],
    ['{"us": 1.125}', 'provider_specific_entry.us', 'is not a whole number of percent, from 1 to 10,000'],
    ['{"us": 0}', 'provider_specific_entry.us', 'is not a whole number of percent, from 1 to 10,000'],
    ['{"us": -1.1}', 'provider_specific_entry.us', 'is not a whole number of percent, from 1 to 10,000'],
    ['{"us": 100.01}', 'provider_specific_entry.us', 'is not a whole number of percent, from 1 to 10,000'],
    ['{"us": "1.1"}', 'provider_specific_entry.us', 'is not a whole number of percent, from 1 to 10,000'],
    ['1.1', 'provider_specific_entry', 'is no object'],
    ['[1.1]', 'provider_specific_entry', 'is no object'],
  ])('%s is named, and the prices are taken', (value, what, reason) => {
    expect(read(value)).toEqual({ multiples: [], skipped: [[what, reason]] });
  });

  test('is named for a provider whose usage does not tell of it', () => {
    expect(read('{"fast": 2.0}', 'openai')).toEqual({ multiples: [], skipped: [['provider_specific_entry', expect.stringMatching(/does not tell which/)]] });
  });

  test('is needed of a dated name that is new when the name without the date has it', () => {
    const prices = '"litellm_provider": "anthropic", "input_cost_per_token": 1e-06';
    const dated = (more: string) => `{"claude-9": {${prices}, "provider_specific_entry": {"us": 1.1, "fast": 2}}, "claude-9-20261201": {${prices}${more}}}`;
    const names = (text: string) => readCommunityPrices(text, table).models.map(({ model }) => model);
    expect(names(dated(', "provider_specific_entry": {"us": 1.1, "fast": 3}'))).toEqual(['claude-9', 'claude-9-20261201']);
    expect(names(dated(', "provider_specific_entry": {"us": 1.1}'))).toEqual(['claude-9']);
    expect(skippedOf(dated(''))).toContainEqual({ what: 'entry', reason: 'it has no multiple for inference_geo us, which claude-9 has', names: ['claude-9-20261201'] });
  });

  test('of the table is needed too, unless all models of the provider have it', () => {
    const anthropic = (multiples: object[]) => ({ anthropic: { usageFormat: 'anthropic', surcharged: true, multiples, prices: [{ models: ['claude-9'], perMillionUsd: { input_tokens: '1' } }] } });
    const tableOf = (multiples: object[]) => parsePriceTable({ version: 'v', validFrom: '2026-01-01T00:00:00Z', currency: 'USD', source: 'spec', providers: anthropic(multiples) });
    const text = '{"claude-9-20261201": {"litellm_provider": "anthropic", "input_cost_per_token": 1e-06}}';
    const fast = { member: 'speed', value: 'fast', percent: 200 };
    expect(readCommunityPrices(text, tableOf([{ ...fast, models: ['claude-9'] }])).models).toEqual([]);
    expect(readCommunityPrices(text, tableOf([fast])).models).toHaveLength(1);
  });
});

describe('a dated name that is new', () => {
  const entry = (model: string, fields: string) => `"${model}": {"litellm_provider": "openai", "mode": "chat", ${fields}}`;
  const all = '"input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06, "cache_read_input_token_cost": 5e-07';
  const some = '"input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06';

  test.each<[string, string, string[]]>([
    ['is taken with all prices of the name without the date; it may lack tiers', entry('gpt-4.1-2026-12-01', all), ['gpt-4.1-2026-12-01']],
    ['is left out without one that the table has', entry('gpt-4.1-20261201', some), []],
    ['is left out without one that the file has', `${entry('gpt-9', all)}, ${entry('gpt-9-1201', some)}`, ['gpt-9']],
    ['is left out without prices for the long context', entry('gpt-5.4-2027-01-01', all), []],
    ['is taken when there is nothing without the date', entry('gpt-8-2026-12-01', some), ['gpt-8-2026-12-01']],
    ['is of no concern when it is known', entry('gpt-4.1-2025-04-14', some), ['gpt-4.1-2025-04-14']],
  ])('%s', (_, entries, names) => {
    expect(readCommunityPrices(`{${entries}}`, table).models.map(({ model }) => model)).toEqual(names);
  });
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
    ['0.000283333333333', 17_000_000_000n],
    ['0.000833333333333', 50_000_000_000n],
    ['0.000566666666667', 34_000_000_000n],
    ['2.778e-05', 1_666_800_000n],
    ['1e-4', 6_000_000_000n],
    ['0.000000000000025', 2n],
    ['0.0000000000000083', null],
    ['0', null],
    ['0.0', null],
    ['-1e-4', null],
    ['16.7', null],
  ])('a minute at %s a second is rounded after it is multiplied', (digits, picoUsd) => {
    const text = entryOf(`"input_cost_per_second": ${digits}`).replace('chat', 'audio_transcription');
    expect(pricesOf(text)).toEqual(picoUsd === null ? {} : { 'openai m audio_minutes': picoUsd });
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
    const { models, skipped } = readCommunityPrices(entryOf(`"input_cost_per_token": ${value}, "output_cost_per_token": 1e-06`), table);
    expect([models, skipped]).toEqual([[], [{ what: 'entry', reason: expect.stringMatching(reason), names: ['m'] }]]);
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
    ['{"m": {"litellm_provider": "openai", "mode": "video_generation", "input_cost_per_token": 1e-06}}', 'nothing of the mode video_generation is counted'],
  ])('%.60s: the entry is named', (text, reason) => {
    expect(readCommunityPrices(text, table)).toEqual({ models: [], skipped: [expect.objectContaining({ reason })], notServed: new Map() });
  });

  test('a provider of an odd name is one that is not served', () => {
    expect(readCommunityPrices('{"m": {"litellm_provider": "__proto__", "input_cost_per_token": 1e-06}}', table)).toEqual({ models: [], skipped: [], notServed: new Map([['__proto__', 1]]) });
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
    const { models } = readCommunityPrices(text, table);
    expect(models.flatMap(({ prices }) => prices)).toHaveLength(24_001);
    expect(comparePrices(table, models).models.filter(({ isNew }) => isNew)).toHaveLength(12_001);
  });

  test('no text makes it fail but by saying that the file is wrong', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('openai', 'xai', -1, 0, 1e-6, 1e30));
    const prices = ['input_cost_per_token', 'output_cost_per_token_batches', 'input_cost_per_token_above_272k_tokens_flex', 'output_cost_per_token_above_100k_tokens', 'input_cost_per_second', 'search_context_cost_per_query'];
    const field = fc.constantFrom('litellm_provider', 'mode', 'aliases', '__proto__', 'x', 'tiered_pricing', 'provider_specific_entry', ...prices);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.dictionary(field, value)), (file) => {
        const community = readCommunityPrices(JSON.stringify(file), table);
        for (const { picoUsd } of community.models.flatMap((model) => model.prices)) expect(picoUsd > 0n).toBe(true);
        formatPriceReport(comparePrices(table, community.models), community);
      }),
    );
  });
});
