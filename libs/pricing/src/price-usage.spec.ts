import { describe, expect, test } from '@jest/globals';
import { loadPriceBook } from './load-price-book.js';
import { parsePriceTable } from './price-table.js';
import type { PriceTable } from './price-table.js';
import { priceUsage } from './price-usage.js';
import { FIVE_PERCENT, answer, anthropicAnswer, bill, quantitiesOf, refusal } from './sample-answer.suite.js';

const book = loadPriceBook();
const july = book.table('2026-07') as PriceTable;
const november = book.table('2026-11') as PriceTable;
const priced = (table: PriceTable, requestModel: string, usage: Record<string, unknown>, changes = {}) =>
  quantitiesOf(bill(table, answer({ requestModel, usage, ...changes })));

describe('long context', () => {
  test.each([
    ['2026-07', 271_999, 'input_tokens'],
    ['2026-07', 272_000, 'input_tokens_long'],
    ['2026-07', 272_001, 'input_tokens_long'],
    ['2026-11', 271_999, 'input_tokens'],
    ['2026-11', 272_000, 'input_tokens'],
    ['2026-11', 272_001, 'input_tokens_long'],
  ])('in %s, %d input tokens of gpt-5.4 are %s', (version, tokens, type) => {
    expect(priced(book.table(version) as PriceTable, 'gpt-5.4', { input_tokens: tokens, output_tokens: 0 })).toEqual({ [type]: String(tokens) });
  });

  test.each([
    [199_999, 'input_tokens'],
    [200_000, 'input_tokens_long'],
    [200_001, 'input_tokens_long'],
  ])('%d input tokens of Grok are %s', (tokens, type) => {
    expect(priced(november, 'grok-4.6', { input_tokens: tokens, output_tokens: 0 }, { provider: 'grok' })).toEqual({ [type]: String(tokens) });
  });

  test('cached and written tokens count, output is charged at the long price too', () => {
    const usage = { input_tokens: 272_001, input_tokens_details: { cached_tokens: 200_000, cache_write_tokens: 2000 }, output_tokens: 7 };
    expect(priced(november, 'gpt-5.6', usage)).toEqual({
      cached_tokens_long: '200000',
      cache_write_tokens_long: '2000',
      input_tokens_long: '70001',
      output_tokens_long: '7',
    });
  });

  test.each([
    ['claude-sonnet-4-5-20250929', '_long'],
    ['claude-sonnet-4-0', '_long'],
    ['claude-3-7-sonnet-latest', ''],
    ['claude-sonnet-4-6', ''],
  ])('200,001 tokens of %s are %p', (model, suffix) => {
    const usage = { input_tokens: 1, cache_read_input_tokens: 200_000, output_tokens: 1 };
    expect(quantitiesOf(bill(july, anthropicAnswer(model, usage)))).toEqual({
      [`input_tokens${suffix}`]: '1',
      [`cache_read_input_tokens${suffix}`]: '200000',
      [`output_tokens${suffix}`]: '1',
    });
  });

  test('a model that is not in the rule has none', () => {
    expect(priced(november, 'gpt-4.1', { input_tokens: 900_000, output_tokens: 1 })).toEqual({ input_tokens: '900000', output_tokens: '1' });
  });

  test('a type without a long price keeps the one it has', () => {
    const usage = { input_tokens: 300_000, output_tokens: 1 };
    expect(priced(july, 'gpt-5.4', usage, { requestServiceTier: 'priority' })).toEqual({ input_tokens_priority: '300000', output_tokens_priority: '1' });
    expect(priced(november, 'gpt-5.6', usage, { requestServiceTier: 'priority' })).toEqual({ input_tokens_priority_long: '300000', output_tokens_priority_long: '1' });
  });
});

describe('service tier', () => {
  const usage = { input_tokens: 10, output_tokens: 1 };

  test.each([
    ['flex', 'default', ''],
    ['flex', 'standard', ''],
    ['auto', 'priority', '_priority'],
    [null, 'FLEX', '_flex'],
    ['flex', 'auto', '_flex'],
    ['flex', null, '_flex'],
    ['priority', 'scale', '_priority'],
    ['scale', null, ''],
    [null, null, ''],
  ])('asked for %p and told %p, the suffix is %p', (requestServiceTier, responseServiceTier, suffix) => {
    const quantities = priced(july, 'gpt-5.4', usage, { requestServiceTier, responseServiceTier });
    expect(quantities).toEqual({ [`input_tokens${suffix}`]: '10', [`output_tokens${suffix}`]: '1' });
  });

  test('ultrafast has its own prices where the table knows them', () => {
    const changes = { responseServiceTier: 'ultrafast' };
    expect(priced(november, 'gpt-6-astra', usage, changes)).toEqual({ input_tokens_ultrafast: '10', output_tokens_ultrafast: '1' });
    expect(priced(november, 'gpt-6-astra', { ...usage, input_tokens: 272_001 }, changes)).toEqual({
      input_tokens_ultrafast_long: '272001',
      output_tokens_ultrafast_long: '1',
    });
    expect(priced(november, 'gpt-6-sol', usage, changes)).toEqual({ input_tokens: '10', output_tokens: '1' });
  });

  test.each([
    ['gpt-6-sol', null, 'fast', '_priority'],
    ['gpt-6-sol', 'fast', null, '_priority'],
    ['gpt-6-astra', 'ultrafast', 'Fast', '_priority'],
    ['gpt-5.6', 'fast', 'priority', '_priority'],
    ['gpt-6-sol', 'fast', 'default', ''],
  ])('fast is the newer name of priority: %s, asked for %p and told %p', (requestModel, requestServiceTier, responseServiceTier, suffix) => {
    const pricing = bill(november, answer({ requestModel, requestServiceTier, responseServiceTier, usage }));
    expect([quantitiesOf(pricing), pricing.unpricedTypes]).toEqual([{ [`input_tokens${suffix}`]: '10', [`output_tokens${suffix}`]: '1' }, []]);
  });

  test.each([
    ['gpt-6-sol', null, 'ultrafast', ['service_tier_ultrafast']],
    ['gpt-4.5-preview', null, 'fast', ['service_tier_priority']],
    ['gpt-5.4-nano', 'priority', 'priority', ['service_tier_priority']],
    ['gpt-5.4', null, 'Turbo', ['service_tier_turbo']],
    ['gpt-5.4', 'flex', 'next to nothing', ['service_tier']],
    ['gpt-5.4-nano', 'priority', null, []],
    ['gpt-5.4', null, 'scale', []],
    ['gpt-5.4', null, 'auto', []],
    ['gpt-5.4', null, ' ', []],
  ])('of %s, asked for %p and told %p, without prices is named: %j', (requestModel, requestServiceTier, responseServiceTier, names) => {
    expect(bill(july.has('openai', requestModel) ? july : november, answer({ requestModel, requestServiceTier, responseServiceTier, usage })).unpricedTypes).toEqual(names);
  });

  test('is not named where it is of no concern, or where nothing is charged', () => {
    expect(bill(november, answer({ requestModel: 'gpt-6-luna', endpoint: '/v1/decisions', responseServiceTier: 'ultrafast', usage })).unpricedTypes).toEqual([]);
    expect(bill(november, { ...anthropicAnswer('claude-opus-5', usage), endpoint: '/v1/messages/batches', responseServiceTier: 'batch' }).unpricedTypes).toEqual([]);
    expect(bill(november, answer({ requestModel: 'gpt-6-sol', responseServiceTier: 'ultrafast', usage: { input_tokens: 0, output_tokens: 0 } })).unpricedTypes).toEqual([]);
  });

  test('it means nothing for a provider without priced tiers', () => {
    expect(quantitiesOf(bill(november, { ...anthropicAnswer('claude-opus-5', usage), responseServiceTier: 'priority' }))).toEqual({ input_tokens: '10', output_tokens: '1' });
  });
});

describe('which model is charged', () => {
  const usage = { input_tokens: 1, output_tokens: 1 };
  test.each([
    ['gpt-5.4', 'gpt-5.4-2026-03-05', null, 'gpt-5.4-2026-03-05'],
    ['gpt-4o', 'gpt-4o-2024-08-06', null, 'gpt-4o'],
    ['gpt-4o-2024-08-06', 'gpt-4o', null, 'gpt-4o'],
    ['gpt-99', 'gpt-4.1', 'flex', 'gpt-4.1'],
    [null, ' gpt-4.1 ', null, 'gpt-4.1'],
    ['  ', 'gpt-4.1', null, 'gpt-4.1'],
    [' gpt-4.1 ', '', null, 'gpt-4.1'],
  ])('asked for %p, answered by %p in tier %p: %s', (requestModel, responseModel, requestServiceTier, expected) => {
    expect(bill(july, answer({ requestModel, responseModel, requestServiceTier, usage })).model).toBe(expected);
  });
});

describe('quantities', () => {
  test('seven seconds are 7/60 of a minute, rounded only in the end', () => {
    const { lines, providerCostNanoUsd } = bill(july, answer({ requestModel: 'whisper-1', usage: { type: 'duration', seconds: 7 } }));
    expect(lines[0]).toEqual({ type: 'audio_minutes', quantity: '0.116666667', unitPricePicoUsd: '6000000000', amountNanoUsd: '700000' });
    expect(providerCostNanoUsd).toBe('700000');
  });

  test.each([
    [{ audio_minutes: 2 }, '2'],
    [{ duration_ms: 90_000 }, '1.5'],
    [{ audio_seconds: '30' }, '0.5'],
    [{ audio_duration_seconds: 0.5 }, '0.008333333'],
  ])('whisper with %j is %s minutes', (usage, minutes) => {
    expect(priced(july, 'whisper-1', usage)).toEqual({ audio_minutes: minutes });
  });

  test('a transcription charged by token', () => {
    const usage = { type: 'tokens', input_tokens: 14, input_token_details: { text_tokens: 4, audio_tokens: 10 }, output_tokens: 45, total_tokens: 59 };
    expect(priced(july, 'gpt-4o-transcribe', usage)).toEqual({ input_tokens: '4', audio_input_tokens: '10', output_tokens: '45' });
  });

  test('cached audio and images are taken out of their own kind', () => {
    const usage = {
      input_tokens: 100,
      input_token_details: {
        text_tokens: 50,
        audio_tokens: 30,
        image_tokens: 20,
        cached_tokens: 37,
        cached_tokens_details: { audio_tokens: 10, image_tokens: 7 },
      },
      output_tokens: 0,
    };
    expect(priced(july, 'gpt-realtime', usage)).toEqual({
      cached_tokens: '20',
      audio_cached_tokens: '10',
      image_cached_tokens: '7',
      input_tokens: '30',
      audio_input_tokens: '20',
      image_input_tokens: '13',
    });
  });

  test('only audio output: nothing is left for text', () => {
    const usage = { input_tokens: 5, output_tokens: 91, output_token_details: { text_tokens: 0, audio_tokens: 91 } };
    expect(priced(july, 'gpt-realtime', usage)).toEqual({ input_tokens: '5', audio_output_tokens: '91' });
  });

  test('images that come with text are told apart by what details there are', () => {
    const usage = { input_tokens: 5, output_tokens: 100, output_tokens_details: { image_tokens: 60 } };
    const changes = { endpoint: '/v1/images/generations' };
    expect(priced(july, 'gpt-image-1.5', usage, changes)).toEqual({ input_tokens: '5', output_tokens: '40', image_output_tokens: '60' });
  });

  test('more cached than input never makes a negative quantity', () => {
    expect(priced(july, 'gpt-5.4', { input_tokens: 10, input_tokens_details: { cached_tokens: 99 }, output_tokens: 1 })).toEqual({ cached_tokens: '99', output_tokens: '1' });
  });

  test('reasoning is a quantity only where no output was counted', () => {
    expect(priced(july, 'o3', { input_tokens: 1, output_tokens_details: { reasoning_tokens: 7 } })).toEqual({ input_tokens: '1', reasoning_tokens: '7' });
    expect(priced(july, 'o3', { input_tokens: 1, output_tokens: 0, output_tokens_details: { reasoning_tokens: 7 } })).toEqual({ input_tokens: '1' });
  });

  test('embeddings have no output', () => {
    expect(priced(july, 'text-embedding-3-small', { prompt_tokens: 8, total_tokens: 8 })).toEqual({ input_tokens: '8' });
  });

  test('decisions are charged by all their input, and nothing else', () => {
    const usage = { input_tokens: 100, input_tokens_details: { cached_tokens: 60 }, output_tokens: 9 };
    const changes = { endpoint: '/v1/decisions', requestServiceTier: 'priority' };
    expect(priced(november, 'gpt-6-luna', usage, changes)).toEqual({ input_tokens_decisions: '100' });
    expect(priced(november, 'gpt-6-luna', { ...usage, input_tokens: 272_001 }, changes)).toEqual({ input_tokens_decisions_long: '272001' });
    expect(refusal(november, answer({ requestModel: 'gpt-6-sol', usage, ...changes }))).toContain('input_tokens_decisions');
  });

  test('Grok answers messages in the form of Anthropic', () => {
    const usage = { input_tokens: 10, cache_read_input_tokens: 190_000, cache_creation_input_tokens: 0, output_tokens: 2 };
    const changes = { provider: 'grok', endpoint: '/v1/messages' };
    expect(priced(november, 'grok-4.5', usage, changes)).toEqual({ input_tokens: '10', cached_tokens: '190000', output_tokens: '2' });
    expect(priced(november, 'grok-4.5', { ...usage, input_tokens: 10_000 }, changes)).toEqual({
      input_tokens_long: '10000',
      cached_tokens_long: '190000',
      output_tokens_long: '2',
    });
  });

  test('counts may be decimal text', () => {
    expect(priced(july, 'gpt-4.1', { prompt_tokens: '12', completion_tokens: '3.0' })).toEqual({ input_tokens: '12', output_tokens: '3' });
  });
});

describe('a table with prices that the shipped ones lack', () => {
  const table = parsePriceTable({
    version: 'own',
    validFrom: '2026-01-01T00:00:00Z',
    currency: 'USD',
    source: 'spec',
    providers: {
      anthropic: {
        usageFormat: 'anthropic',
        surcharged: false,
        prices: [
          {
            models: ['m'],
            perMillionUsd: { input_tokens: '1', output_tokens: '1', cache_creation_input_tokens: '1.25', cache_creation_1h_input_tokens: '2' },
            perUnitUsd: { web_search_requests: '0.01' },
          },
        ],
      },
      openai: { usageFormat: 'openai', surcharged: true, prices: [{ models: ['dall-e-3'], perUnitUsd: { images_hd_1024x1024: '0.08' } }] },
    },
  });

  test('charges hour-long cache writes and searches by themselves', () => {
    const usage = {
      input_tokens: 1,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      output_tokens: 1,
      server_tool_use: { web_search_requests: 2 },
    };
    const pricing = bill(table, anthropicAnswer('m', usage));
    expect(quantitiesOf(pricing)).toEqual({
      input_tokens: '1',
      cache_creation_input_tokens: '10',
      cache_creation_1h_input_tokens: '20',
      output_tokens: '1',
      web_search_requests: '2',
    });
    expect(pricing.unpricedTypes).toEqual([]);
  });

  test('adds no surcharge for a provider that has none', () => {
    const pricing = bill(table, anthropicAnswer('m', { input_tokens: 1000, output_tokens: 0 }));
    expect(pricing.lines).toHaveLength(1);
    expect([pricing.surchargeNanoUsd, pricing.totalNanoUsd]).toEqual(['0', '1000000']);
  });

  test('charges images by count', () => {
    const images = answer({ endpoint: '/v1/images/generations', requestModel: 'dall-e-3', requestFacts: { imageCount: 2, imageQuality: 'HD' } });
    expect(bill(table, images)).toMatchObject({ totalNanoUsd: '168000000', lines: [{ type: 'images_hd_1024x1024', quantity: '2' }, { type: 'llm_proxy_surcharge' }] });
  });
});

describe('charges', () => {
  const usage = { input_tokens: 1000, output_tokens: 500 };

  test('with the own provider key the lines are there and cost nothing', () => {
    expect(bill(july, answer({ requestModel: 'gpt-4.1', providerKey: 'project', usage }))).toEqual({
      priceVersion: '2026-07',
      model: 'gpt-4.1',
      lines: [
        { type: 'custom_input_tokens', quantity: '1000', unitPricePicoUsd: '2000000', amountNanoUsd: '0' },
        { type: 'custom_output_tokens', quantity: '500', unitPricePicoUsd: '8000000', amountNanoUsd: '0' },
        { type: 'llm_proxy_surcharge', quantity: '1', unitPricePicoUsd: '0', amountNanoUsd: '300000' },
      ],
      providerCostNanoUsd: '6000000',
      surchargeNanoUsd: '300000',
      totalNanoUsd: '300000',
      unpricedTypes: [],
    });
  });

  test('the surcharge is taken from the exact sum, not from the rounded lines', () => {
    const oneToken = { input_tokens: 1, input_tokens_details: { cached_tokens: 1 }, output_tokens: 0 };
    const oddlyPriced = answer({ requestModel: 'gpt-5-nano', requestServiceTier: 'flex', usage: oneToken });
    // The token costs 2.5 nano-dollars, its line says 2; twice the exact value is 5, twice the line would be 4.
    expect(bill(july, oddlyPriced, { surchargeBasisPoints: 20_000 })).toMatchObject({
      lines: [{ amountNanoUsd: '2' }, { amountNanoUsd: '5' }],
      providerCostNanoUsd: '2',
      totalNanoUsd: '7',
    });
  });

  test('a surcharge of zero has no line', () => {
    expect(bill(july, answer({ usage }), { surchargeBasisPoints: 0 }).lines).toHaveLength(2);
  });

  test.each([1.5, -1, Number.NaN])('a surcharge of %p basis points is a programming error', (surchargeBasisPoints) => {
    expect(() => priceUsage(july, answer({ usage }), { surchargeBasisPoints })).toThrow(RangeError);
  });
});

describe('what has no price is named', () => {
  test('beside what has one', () => {
    const usage = {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens: 1,
      num_server_side_tools_used: 2,
      server_tool_use: { code_runs: 1, web_fetch_requests: 3 },
    };
    expect(bill(july, answer({ requestModel: 'gpt-5.4-pro', usage })).unpricedTypes).toEqual(['cached_tokens', 'num_server_side_tools_used', 'code_runs']);
  });

  test('sums and parts of other counts are not', () => {
    const details = { reasoning_tokens: 1, accepted_prediction_tokens: 1, rejected_prediction_tokens: 1 };
    expect(bill(july, answer({ usage: { input_tokens: 1, output_tokens: 3, total_tokens: 4, output_tokens_details: details } })).unpricedTypes).toEqual([]);
  });

  test('a flood of unknown keys is bounded', () => {
    const flood = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key_${index}`, 1]));
    expect(bill(july, answer({ usage: { input_tokens: 1, output_tokens: 1, ...flood, ['x'.repeat(1000)]: 1 } })).unpricedTypes).toHaveLength(32);
  });
});

describe('unpriceable, with a reason', () => {
  test.each([
    ['no model', { requestModel: null, usage: { input_tokens: 1 } }, 'names a model'],
    ['an unknown model', { requestModel: 'gpt-99', usage: { input_tokens: 1 } }, 'no price for openai model "gpt-99" in 2026-07'],
    ['an unknown provider', { provider: 'acme', usage: { input_tokens: 1 } }, 'no price for acme model'],
    ['no usage', { usage: null }, 'no usage'],
    ['an empty usage', { usage: {} }, 'no usage'],
    ['a missing measurement', { measurement: 'missing' as const, usage: null }, 'no usage'],
    ['counts that were declared missing', { measurement: 'missing' as const, usage: { input_tokens: 9 } }, 'no usage'],
    ['a sum alone', { usage: { total_tokens: 9 } }, 'no usage'],
    ['only an unpriced type', { requestModel: 'whisper-1', usage: { input_tokens: 9 } }, 'no price for input_tokens of openai model "whisper-1"'],
    ['speech without a character price', { requestModel: 'gpt-4o-mini-tts', requestFacts: { inputCharacters: 5 } }, 'no price for input_characters'],
    ['images without a price', { requestModel: 'gpt-image-1', requestFacts: { imageCount: 1 } }, 'no price for images_medium_1024x1024'],
    ['images never charged by count', { requestModel: 'gpt-image-2', requestFacts: { imageCount: 1 } }, 'no usage'],
  ])('%s', (_, changes, reason) => {
    expect(refusal(july, answer(changes))).toContain(reason);
  });

  test.each([-1, 'many', '-5', Number.NaN, 2 ** 53, 1e300, '9007199254740993', true, {}, []])('a count of %p', (count) => {
    expect(refusal(july, answer({ usage: { input_tokens: count, output_tokens: 5 } }))).toContain('input_tokens is not a number');
    expect(refusal(july, anthropicAnswer('claude-sonnet-4-6', { input_tokens: 5, output_tokens: count }))).toContain('output_tokens is not a number');
    expect(refusal(july, answer({ usage: { input_tokens: 5, input_tokens_details: { cached_tokens: count } } }))).toContain('cached_tokens is not a number');
  });

  test('null counts are absent ones', () => {
    expect(priceUsage(july, answer({ usage: { input_tokens: 5, output_tokens: null, input_tokens_details: null } }), FIVE_PERCENT).status).toBe('priced');
  });
});
