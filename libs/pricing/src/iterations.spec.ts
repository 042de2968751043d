import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Pricing } from '@llm-proxy/usage-schema';
import { loadPriceBook } from './load-price-book.js';
import { formatUsd } from './money.js';
import { parsePriceFile, priceBookWith } from './price-file.js';
import { parsePriceTableData } from './price-table.js';
import type { PriceTable } from './price-table.js';
import { priceUsage } from './price-usage.js';
import { FIVE_PERCENT, anthropicAnswer, bill, quantitiesOf, refusal } from './sample-answer.suite.js';

const november = loadPriceBook().table('2026-11') as PriceTable;
const shipped = [parsePriceTableData(JSON.parse(readFileSync(new URL('../data/2026-11.json', import.meta.url), 'utf8')))];
const tableWith = (change: object, adjustments: object[] = []) =>
  priceBookWith(shipped, parsePriceFile(JSON.stringify({ name: 'acme', currency: 'USD', changes: [{ source: 'spec', validFrom: '2026-11-10T00:00:00Z', ...change }], adjustments }), 'spec')).newest;

const HOUR_LONG = { prices: { anthropic: [{ models: ['claude-opus-5'], perMillionUsd: { cache_creation_1h_input_tokens: '10' } }] } };

const run = (type: string, input_tokens: number, output_tokens: number, more: object = {}) => ({ type, input_tokens, output_tokens, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, ...more });
const priced = (model: string, usage: object, changes: object = {}) => ({ ...anthropicAnswer(model, usage as Record<string, unknown>), ...changes });
const quantities = (model: string, usage: object, changes: object = {}, table = november) => quantitiesOf(bill(table, priced(model, usage, changes)));
const unpriced = (model: string, usage: object, table = november) => bill(table, priced(model, usage)).unpricedTypes;

const COMPACTION = run('compaction', 180_000, 3_500);
const COMPACTED = { input_tokens: 23_000, output_tokens: 1_000, iterations: [COMPACTION, run('message', 23_000, 1_000)] };
const ADVICE = run('advisor_message', 823, 1_612, { model: 'claude-opus-5' });
const ADVISED = {
  input_tokens: 1_760,
  cache_read_input_tokens: 412,
  cache_creation_input_tokens: 0,
  output_tokens: 531,
  iterations: [run('message', 412, 89), ADVICE, run('message', 1_348, 442, { cache_read_input_tokens: 412 })],
};
const SERVED = run('fallback_message', 412, 264, { model: 'claude-opus-4-8' });
const fallen = (...earlier: object[]) => ({ input_tokens: 412, output_tokens: 264, iterations: [...earlier, SERVED] });
const declined = (output: number) => run('message', 535, output, { model: 'claude-fable-5' });

describe('examples of the provider', () => {
  test.each<[string, string, object, string, string]>([
    ['a context that was compacted on the way', 'claude-opus-5', COMPACTED, '1.1275', '1.183875'],
    ['a context that was compacted and nothing else', 'claude-opus-5', { input_tokens: 0, output_tokens: 0, iterations: [COMPACTION] }, '0.9875', '1.036875'],
    ['an answer that took advice', 'claude-sonnet-5', ADVISED, '0.0533274', '0.05599377'],
    ['the same, as it was counted before', 'claude-sonnet-5', { ...ADVISED, input_tokens: 412, cache_read_input_tokens: 0 }, '0.0533274', '0.05599377'],
    ['an answer in the place of one that was declined at once', 'claude-opus-4-8', fallen(declined(0)), '0.00866', '0.009093'],
    ['an answer in the place of one that was declined in the middle', 'claude-opus-4-8', fallen(declined(20)), '0.01501', '0.0157605'],
  ])('%s', (_, model, usage, provider, total) => {
    const { providerCostNanoUsd, totalNanoUsd } = bill(november, priced(model, usage));
    expect([providerCostNanoUsd, totalNanoUsd].map((nano) => formatUsd(BigInt(nano)))).toEqual([provider, total]);
  });

  test('are billed in lines that say whose tokens they are', () => {
    expect(quantities('claude-sonnet-5', ADVISED)).toEqual({
      input_tokens: '1760',
      output_tokens: '531',
      cache_read_input_tokens: '412',
      'input_tokens:claude-opus-5': '823',
      'output_tokens:claude-opus-5': '1612',
    });
    expect(quantities('claude-opus-4-8', fallen(declined(20)))).toMatchObject({ input_tokens: '412', 'input_tokens:claude-fable-5': '535', 'output_tokens:claude-fable-5': '20' });
    expect(bill(november, priced('claude-sonnet-5', ADVISED)).lines.find(({ type }) => type === 'output_tokens:claude-opus-5')).toMatchObject({ unitPricePicoUsd: '25000000', amountNanoUsd: '40300000' });
  });
});

describe('runs of the model that answered', () => {
  test('that the counts cover already are not charged again', () => {
    const usage = { input_tokens: 25, output_tokens: 15, cache_creation_input_tokens: 7, cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 }, server_tool_use: { web_search_requests: 2 } };
    const half = { input_tokens: 10, output_tokens: 5, cache_creation_input_tokens: 3, cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 0 } };
    const rest = { input_tokens: 15, output_tokens: 10, cache_creation_input_tokens: 4, cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 4 } };
    const table = tableWith({ prices: { anthropic: [{ models: ['claude-opus-5'], perMillionUsd: { cache_creation_1h_input_tokens: '10' }, perUnitUsd: { web_search_requests: '0.01' } }] } });
    for (const iterations of [undefined, null, [], [{ ...usage, type: 'message' }], [{ ...half, type: 'message' }, { ...rest, type: 'message', model: null }], [{ type: 'message', ...half }]]) {
      expect(quantities('claude-opus-5', { ...usage, iterations }, {}, table)).toEqual({
        input_tokens: '25',
        cache_creation_input_tokens: '3',
        cache_creation_1h_input_tokens: '4',
        output_tokens: '15',
        web_search_requests: '2',
      });
    }
  });

  test('that do not tell how long their cache writes are kept are taken by what the counts tell', () => {
    const table = tableWith(HOUR_LONG);
    const of = (...written: number[]) => written.map((cache_creation_input_tokens) => run('message', 1, 1, { cache_creation_input_tokens, cache_creation: null }));
    const usage = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 100, cache_creation: { ephemeral_1h_input_tokens: 100 } };
    expect(quantities('claude-opus-5', { ...usage, iterations: of(100) }, {}, table)).toMatchObject({ cache_creation_1h_input_tokens: '100' });
    // Never more writes than there were.
    expect(quantities('claude-opus-5', { ...usage, iterations: of(60, 40) }, {}, table)).toMatchObject({ cache_creation_input_tokens: '60', cache_creation_1h_input_tokens: '40' });
  });

  test('do not lower what an answer that broke off was estimated at', () => {
    expect(quantities('claude-opus-5', { input_tokens: 25, output_tokens: 900, iterations: [run('message', 25, 1)] })).toEqual({ input_tokens: '25', output_tokens: '900' });
    expect(quantities('claude-opus-5', { ...COMPACTED, output_tokens: 1_001 })).toEqual({ input_tokens: '203000', output_tokens: '4501' });
  });

  test('that a fallback model made before its last are its own', () => {
    const own = run('message', 100, 7, { model: 'claude-opus-4-8' });
    expect(quantities('claude-opus-4-8', { ...fallen(own), input_tokens: 512, output_tokens: 271 })).toEqual({ input_tokens: '512', output_tokens: '271' });
    expect(unpriced('claude-opus-4-8', fallen(own))).toEqual([]);
  });

  test('have a long context each by itself', () => {
    const loop = (...inputs: number[]) => ({ input_tokens: inputs.reduce((a, b) => a + b), output_tokens: inputs.length, iterations: inputs.map((input) => run('message', input, 1)) });
    expect(quantities('claude-sonnet-4-5', loop(150_000, 150_000))).toEqual({ input_tokens: '300000', output_tokens: '2' });
    expect(quantities('claude-sonnet-4-5', loop(150_000, 200_001))).toEqual({ input_tokens: '150000', output_tokens: '1', input_tokens_long: '200001', output_tokens_long: '1' });
    expect(quantities('claude-sonnet-4-5', { ...COMPACTED, iterations: [run('compaction', 200_001, 1), run('message', 23_000, 1_000)] })).toMatchObject({ input_tokens: '23000', input_tokens_long: '200001', output_tokens_long: '1' });
    expect(quantities('claude-sonnet-4-5', { input_tokens: 300_000, output_tokens: 2 })).toEqual({ input_tokens_long: '300000', output_tokens_long: '2' });
  });

  test('in the place of one that declined are never charged as that one', () => {
    const named = (responseModel: string | null) => ({ ...priced('claude-fable-5', fallen(declined(0))), responseModel });
    for (const name of [null, 'claude-opus-4-8', 'claude-fable-5-20991231']) expect(bill(november, named(name)).model).toBe('claude-opus-4-8');
    const unknown = { input_tokens: 412, output_tokens: 264, iterations: [declined(0), { ...SERVED, model: 'claude-new-9' }] };
    expect(refusal(november, { ...priced('claude-fable-5', unknown), responseModel: 'claude-new-9' })).toContain('no price for anthropic model "claude-new-9"');
  });

  test('are half of the price in a batch, like those of others', () => {
    const inBatch = { endpoint: '/v1/messages/batches' };
    expect(quantities('claude-opus-5', COMPACTED, inBatch)).toEqual({ input_tokens_batch: '203000', output_tokens_batch: '4500' });
    expect(BigInt(bill(november, priced('claude-sonnet-5', ADVISED, inBatch)).providerCostNanoUsd) * 2n).toBe(53_327_400n);
  });
});

describe('runs of other models', () => {
  test('are the answer’s own when a model advises itself', () => {
    expect(quantities('claude-opus-5', ADVISED)).toEqual({ input_tokens: '2583', output_tokens: '2143', cache_read_input_tokens: '412' });
  });

  test('without a price are named, and the rest is charged', () => {
    const advisedBy = (model: unknown) => ({ ...ADVISED, iterations: [{ ...ADVICE, model }] });
    expect(unpriced('claude-sonnet-5', advisedBy('claude-new-9'))).toEqual(['iterations_claude-new-9']);
    expect(unpriced('claude-sonnet-5', advisedBy('x'.repeat(99)))).toEqual(['iterations']);
    for (const model of [undefined, null, ' ', 7]) expect(unpriced('claude-sonnet-5', advisedBy(model))).toEqual(['iterations_advisor_message']);
    expect(quantities('claude-sonnet-5', advisedBy('claude-new-9'))).toEqual({ input_tokens: '1760', output_tokens: '531', cache_read_input_tokens: '412' });
  });

  test('have cache writes, multiples and prices of their own', () => {
    const table = tableWith({ ...HOUR_LONG, multiples: { anthropic: [{ member: 'inference_geo', value: 'us', percent: 110 }] } });
    const written = { ...ADVICE, cache_creation_input_tokens: 9, cache_creation: { ephemeral_1h_input_tokens: 5 } };
    expect(quantities('claude-sonnet-5', { input_tokens: 1, output_tokens: 1, inference_geo: 'us', iterations: [written] }, {}, table)).toEqual({
      input_tokens_us: '1',
      output_tokens_us: '1',
      'input_tokens_us:claude-opus-5': '823',
      'cache_creation_input_tokens_us:claude-opus-5': '4',
      'cache_creation_1h_input_tokens_us:claude-opus-5': '5',
      'output_tokens_us:claude-opus-5': '1612',
    });
  });

  test('take the discounts and markups for their models, and the price version says so where they differ', () => {
    const version = (adjustments: object[], projectAdjustments: { percent: string; provider?: string; model?: string }[]) =>
      bill(tableWith(HOUR_LONG, adjustments), priced('claude-sonnet-5', ADVISED), { ...FIVE_PERCENT, projectAdjustments }).priceVersion.replace(/^.*?;/, ';');
    expect(version([{ percent: '3' }], [])).toBe(';deployment=+3%');
    expect(version([{ percent: '3' }], [{ percent: '-5', provider: 'anthropic', model: 'claude-opus-5' }])).toBe(';deployment=+3%;claude-opus-5;deployment=+3%;project=-5%');
    const half = bill(november, priced('claude-sonnet-5', ADVISED), { surchargeBasisPoints: 0, projectAdjustments: [{ percent: '-50', provider: 'anthropic', model: 'claude-opus-5' }] });
    expect([half.providerCostNanoUsd, half.totalNanoUsd]).toEqual(['53327400', String(53_327_400 - 44_415_000 / 2)]);
  });

  test('cost the project nothing but the surcharge when its own key paid', () => {
    const own = bill(november, priced('claude-sonnet-5', ADVISED, { providerKey: 'project' }));
    expect(own.lines.map(({ type, amountNanoUsd }) => [type, amountNanoUsd]).slice(-3)).toEqual([
      ['custom_input_tokens:claude-opus-5', '0'],
      ['custom_output_tokens:claude-opus-5', '0'],
      ['llm_proxy_surcharge', '2666370'],
    ]);
  });
});

describe('what cannot be told for certain is named', () => {
  test.each<[string, unknown, string[]]>([
    ['a kind of run that nobody knows', [run('review', 5, 5), run('message', 1, 1)], ['iterations_review']],
    ['one that has no name', [run(' ', 5, 5), { type: 7 }, 5, null, []], ['iterations']],
    ['many', [...'abc'].map((kind) => run(kind, 1, 1)), ['iterations_a', 'iterations_b', 'iterations_c']],
    ['no list', { input_tokens: 5 }, ['iterations']],
    ['a number', 5, ['iterations']],
    ['a model that declined before it wrote anything: some reasons to decline are charged', [declined(0), SERVED], ['iterations_declined']],
    ['who compacted, when a model declined', [COMPACTION, declined(1), SERVED], ['iterations_compaction']],
  ])('%s', (_, iterations, names) => {
    const usage = { input_tokens: 412, output_tokens: 264, iterations };
    expect(unpriced('claude-opus-4-8', usage)).toEqual(names);
    expect(quantities('claude-opus-4-8', usage)).toMatchObject({ input_tokens: '412', output_tokens: '264' });
  });

  test('not without end', () => {
    const iterations = Array.from({ length: 999 }, (_, index) => run(`kind${index}`, 1, 1));
    expect(unpriced('claude-opus-5', { input_tokens: 1, output_tokens: 1, iterations })).toHaveLength(32);
    const many = Array.from({ length: 200_000 }, () => ADVICE);
    expect(quantities('claude-sonnet-5', { input_tokens: 1, output_tokens: 1, iterations: many })).toMatchObject({ 'input_tokens:claude-opus-5': String(823 * 200_000) });
  });

  test('and an answer that has nothing else is set aside', () => {
    const unknown = { input_tokens: 0, output_tokens: 0, iterations: [run('review', 5, 5)] };
    expect(refusal(november, priced('claude-opus-5', unknown))).toContain('iterations_review');
  });

  test('a count that makes no sense is no count, wherever it stands', () => {
    for (const wrong of [-1, 'many', 2 ** 60]) {
      for (const type of ['message', 'compaction', 'advisor_message']) {
        const usage = { input_tokens: 9, output_tokens: 9, iterations: [run(type, 1, 1, { model: 'claude-haiku-4-5', cache_read_input_tokens: wrong })] };
        expect(refusal(november, priced('claude-opus-5', usage))).toContain('usage: cache_read_input_tokens');
      }
    }
  });

  test('a count that nobody knows, in a run beside the counts', () => {
    expect(unpriced('claude-opus-5', { ...COMPACTED, iterations: [{ ...COMPACTION, moon_tokens: 5 }] })).toEqual(['moon_tokens']);
  });

  test('objects of OpenAI have no such member', () => {
    const usage = { input_tokens: 9, output_tokens: 9, iterations: [COMPACTION] };
    expect(quantitiesOf(bill(november, { ...priced('gpt-5.4', usage), provider: 'openai', endpoint: '/v1/responses' }))).toEqual({ input_tokens: '9', output_tokens: '9' });
    expect(quantities('grok-4.6', { ...COMPACTED, iterations: [{ ...COMPACTION, cache_read_input_tokens: 5 }] }, { provider: 'grok' })).toMatchObject({ cached_tokens: '5', input_tokens: '203000' });
  });
});

describe('any runs', () => {
  const count = fc.integer({ min: 0, max: 100_000 });
  const counts = fc.record({ input_tokens: count, output_tokens: count, cache_creation_input_tokens: count, cache_read_input_tokens: count });
  const KEYS = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const;
  type Counts = Record<(typeof KEYS)[number], number>;
  type Run = [kind: { type: string; model?: string }, counts: Counts];
  const kind = fc.constantFrom<Run[0]>({ type: 'message' }, { type: 'compaction' }, { type: 'advisor_message', model: 'claude-opus-5' }, { type: 'advisor_message', model: 'claude-fable-5' });
  const runs = fc.array(fc.tuple(kind, counts), { minLength: 1, maxLength: 6 });
  const PRICES: Record<string, Counts> = {
    'claude-sonnet-5': { input_tokens: 2_000, output_tokens: 10_000, cache_creation_input_tokens: 2_500, cache_read_input_tokens: 200 },
    'claude-opus-5': { input_tokens: 5_000, output_tokens: 25_000, cache_creation_input_tokens: 6_250, cache_read_input_tokens: 500 },
    'claude-fable-5': { input_tokens: 10_000, output_tokens: 50_000, cache_creation_input_tokens: 12_500, cache_read_input_tokens: 1_000 },
  };
  const costOf = (each: Counts, model: string) => KEYS.reduce((sum, key) => sum + each[key] * PRICES[model]![key], 0);
  const usageOf = (list: Run[], top = list.filter(([{ type }]) => type === 'message').map(([, each]) => each)) => ({
    ...Object.fromEntries(KEYS.map((key) => [key, top.reduce((sum, each) => sum + each[key], 0)])),
    iterations: list.map(([of, each]) => ({ ...of, ...each })),
  });
  const sumOfLines = ({ lines }: Pricing) => lines.reduce((sum, { amountNanoUsd }) => sum + BigInt(amountNanoUsd), 0n);

  test('cost what each of them costs at the prices of its model, and the lines add up', () => {
    fc.assert(
      fc.property(runs, (list) => {
        const result = bill(november, priced('claude-sonnet-5', usageOf(list)));
        const expected = list.reduce((sum, [{ model }, each]) => sum + costOf(each, model ?? 'claude-sonnet-5'), 0);
        expect([result.providerCostNanoUsd, result.unpricedTypes]).toEqual([String(expected), []]);
        expect(sumOfLines(result)).toBe(BigInt(result.totalNanoUsd));
      }),
    );
  });

  test('never cost less when a count rises, at the top or in one of them', () => {
    const where = fc.tuple(fc.nat(), fc.constantFrom(...KEYS), count);
    fc.assert(
      fc.property(runs, counts, where, (list, top, [index, key, more]) => {
        const cost = (usage: object) => BigInt(bill(november, priced('claude-sonnet-5', usage)).providerCostNanoUsd);
        const raised = list.map(([of, each], at): Run => [of, at === index % list.length ? { ...each, [key]: each[key] + more } : each]);
        expect(cost(usageOf(raised, [top]))).toBeGreaterThanOrEqual(cost(usageOf(list, [top])));
        expect(cost(usageOf(list, [{ ...top, [key]: top[key] + more }]))).toBeGreaterThanOrEqual(cost(usageOf(list, [top])));
        expect(cost(usageOf(list, [top]))).toBeGreaterThanOrEqual(cost({ ...top }));
      }),
    );
  });

  test('are priced the same in any order, but for what a fallback says', () => {
    const cost = (list: Run[]) => bill(november, priced('claude-sonnet-5', usageOf(list))).providerCostNanoUsd;
    fc.assert(fc.property(runs, (list) => expect(cost([...list].reverse())).toBe(cost(list))));
  });

  test('however odd, never make it throw or charge a negative amount', () => {
    const odd = fc.oneof(fc.anything({ withBigInt: true, withNullPrototype: true }), count, fc.constantFrom('message', 'compaction', 'advisor_message', 'fallback_message', 'claude-opus-5', '__proto__', -7));
    const name = fc.constantFrom('type', 'model', 'input_tokens', 'output_tokens', 'cache_creation', 'iterations', '__proto__');
    const usage = fc.record({ input_tokens: count, iterations: fc.oneof(odd, fc.array(fc.oneof(odd, fc.dictionary(name, odd)))) });
    fc.assert(
      fc.property(usage, (each) => {
        const result = priceUsage(november, priced('claude-sonnet-5', each), FIVE_PERCENT);
        if (result.status === 'unpriceable') return expect(result.reason).not.toBe('');
        for (const { amountNanoUsd } of result.pricing.lines) expect(BigInt(amountNanoUsd)).toBeGreaterThanOrEqual(0n);
        return expect(result.pricing.unpricedTypes.length).toBeLessThanOrEqual(32);
      }),
      { numRuns: 1_000 },
    );
  });
});
