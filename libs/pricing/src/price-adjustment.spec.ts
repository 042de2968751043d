import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { priceAdjustmentsSchema } from '@llm-proxy/usage-schema';
import type { PriceAdjustment, Pricing } from '@llm-proxy/usage-schema';
import { loadPriceBook } from './load-price-book.js';
import { adjustmentOf, adjustmentsAt } from './price-adjustment.js';
import { priceUsage } from './price-usage.js';
import { FIVE_PERCENT, answer, bill } from './sample-answer.suite.js';

const table = loadPriceBook().newest;
/** Two thousand tokens, 0.0045 US$ at the prices of the table. */
const sample = answer({ requestModel: 'gpt-4.1', usage: { input_tokens: 1_500, output_tokens: 500 } });
const billOf = (projectAdjustments: PriceAdjustment[], priced = sample) => bill(table, priced, { ...FIVE_PERCENT, projectAdjustments });

test('the lines show the adjusted price, the version says by how much, and the surcharge follows the adjusted sum', () => {
  const pricing = billOf([{ percent: '-12.5', provider: 'openai' }]);
  expect(pricing).toMatchObject({
    priceVersion: '2026-11;project=-12.5%',
    lines: [
      { type: 'input_tokens', quantity: '1500', unitPricePicoUsd: '1750000', amountNanoUsd: '2625000' },
      { type: 'output_tokens', quantity: '500', unitPricePicoUsd: '7000000', amountNanoUsd: '3500000' },
      { type: 'llm_proxy_surcharge', amountNanoUsd: '306250' },
    ],
    providerCostNanoUsd: '7000000',
    surchargeNanoUsd: '306250',
    totalNanoUsd: '6431250',
  });
});

test('with a key of its own a project pays the surcharge of the adjusted sum', () => {
  const own = { ...sample, providerKey: 'project' as const };
  expect(billOf([{ percent: '-50' }], own)).toMatchObject({ totalNanoUsd: '175000', providerCostNanoUsd: '7000000' });
  expect(billOf([{ percent: '-100' }], own)).toMatchObject({ totalNanoUsd: '0', priceVersion: '2026-11;project=-100%' });
});

test('deployment and project multiply', () => {
  const { adjust, label } = adjustmentOf({ deployment: [{ percent: '10' }], project: [{ percent: '-10.0' }] }, 'openai', 'gpt-4.1');
  expect([adjust(1_000_000n), label]).toEqual([990_000n, ';deployment=+10%;project=-10%']);
});

test('an adjusted price is rounded once, half to even, to a whole pico-dollar', () => {
  const { adjust } = adjustmentOf({ deployment: [{ percent: '-50' }], project: [{ percent: '-50' }] }, 'openai', 'x');
  expect([1n, 2n, 3n, 6n, 10n].map(adjust)).toEqual([0n, 0n, 1n, 2n, 2n]);
});

describe('which one applies', () => {
  const rules: PriceAdjustment[] = [
    { percent: '1' },
    { percent: '2', provider: 'openai' },
    { percent: '3', provider: 'openai', model: 'gpt-5*' },
    { percent: '4', provider: 'openai', model: 'gpt-5.4*' },
    { percent: '5', provider: 'openai', model: 'gpt-5.4' },
  ];
  test.each([
    ['anthropic', 'gpt-5.4', '+1'],
    ['openai', 'gpt-4.1', '+2'],
    ['openai', 'gpt-5', '+3'],
    ['openai', 'gpt-5.4-mini', '+4'],
    ['openai', 'gpt-5.4', '+5'],
  ])('%s %s: %s %', (provider, model, percent) => {
    expect(adjustmentOf({ project: rules }, provider, model).label).toBe(`;project=${percent}%`);
  });

  test('none: the bill is the same to the letter', () => {
    expect(billOf([{ percent: '7', provider: 'anthropic' }])).toEqual(bill(table, sample));
  });

  test('its validity is that of the time it is asked for', () => {
    const dated: PriceAdjustment[] = [{ percent: '1', validUntil: '2026-11-10T00:00:00Z' }, { percent: '2', validFrom: '2026-11-10T00:00:00Z' }];
    expect(priceAdjustmentsSchema.parse(dated)).toEqual(dated);
    expect(adjustmentsAt(dated, new Date('2026-11-09T23:59:59.999Z'))).toEqual([dated[0]]);
    expect(adjustmentsAt(dated, new Date('2026-11-10T01:00:00+01:00'))).toEqual([dated[1]]);
  });
});

describe('whatever the adjustments', () => {
  const percent = fc.integer({ min: -1_000_000, max: 10_000_000 }).map((value) => `${value < 0 ? '-' : ''}${Math.floor(Math.abs(value) / 10_000)}.${String(Math.abs(value) % 10_000).padStart(4, '0')}`);
  const selector = fc.constantFrom({}, { provider: 'openai' }, { provider: 'openai', model: 'gpt*' }, { provider: 'openai', model: 'gpt-5*' }, { provider: 'openai', model: 'gpt-5.4' }, { provider: 'anthropic' });
  const rules = fc
    .uniqueArray(fc.tuple(selector, percent), { selector: ([{ provider, model }]) => `${provider} ${model}`, maxLength: 6 })
    .map((list): PriceAdjustment[] => list.map(([chosen, text]) => ({ ...chosen, percent: text })));
  const small = fc.integer({ min: 0, max: 300_000 });
  const priced = fc
    .record({ input_tokens: small, output_tokens: small, cached_tokens: small, requestModel: fc.constantFrom('gpt-5.4', 'gpt-5.6', 'gpt-4.1', 'o3') })
    .map(({ requestModel, cached_tokens, input_tokens, output_tokens }) =>
      answer({ requestModel, usage: { input_tokens: input_tokens + cached_tokens, input_tokens_details: { cached_tokens }, output_tokens } }),
    );
  const totalOf = (pricing: Pricing) => pricing.lines.reduce((sum, { amountNanoUsd }) => sum + BigInt(amountNanoUsd), 0n);

  test('the total is the sum of the lines, each of which is its quantity at its unit price, rounded once', () => {
    fc.assert(
      fc.property(rules, priced, (adjustments, one) => {
        const pricing = billOf(adjustments, one);
        expect(BigInt(pricing.totalNanoUsd)).toBe(totalOf(pricing));
        for (const line of pricing.lines.filter(({ type }) => type !== 'llm_proxy_surcharge')) {
          const pico = BigInt(line.quantity) * BigInt(line.unitPricePicoUsd);
          const twiceOff = 2n * (pico - BigInt(line.amountNanoUsd) * 1000n);
          expect(twiceOff >= -1000n && twiceOff <= 1000n).toBe(true);
        }
        expect(pricing.providerCostNanoUsd).toBe(bill(table, one).providerCostNanoUsd);
      }),
    );
  });

  test('their order says nothing, and a replay gives the same lines', () => {
    fc.assert(
      fc.property(rules, priced, fc.infiniteStream(fc.nat()), (adjustments, one, keys) => {
        const shuffled = adjustments.map((rule) => ({ rule, key: keys.next().value ?? 0 })).sort((a, b) => a.key - b.key).map(({ rule }) => rule);
        expect(billOf(structuredClone(shuffled), structuredClone(one))).toEqual(billOf(adjustments, one));
      }),
    );
  });

  test('0 % is none', () => {
    fc.assert(
      fc.property(rules, priced, fc.constantFrom('0', '-0', '+0.0', '0.0000'), (adjustments, one, zero) => {
        expect(billOf(adjustments.map((rule) => ({ ...rule, percent: zero })), one)).toEqual(bill(table, one));
      }),
    );
  });

  test('the cost does not fall when a count rises', () => {
    fc.assert(
      fc.property(rules, priced, fc.constantFrom('input_tokens', 'output_tokens'), small, (adjustments, one, key, more) => {
        const raised = { ...one, usage: { ...one.usage, [key]: Number(one.usage?.[key]) + more } };
        expect(BigInt(billOf(adjustments, raised).totalNanoUsd)).toBeGreaterThanOrEqual(BigInt(billOf(adjustments, one).totalNanoUsd));
      }),
    );
  });

  test('a higher percentage is never cheaper', () => {
    fc.assert(
      fc.property(percent, percent, priced, (one, other, billed) => {
        const [low, high] = [one, other].sort((a, b) => Number(a) - Number(b)) as [string, string];
        expect(BigInt(billOf([{ percent: high }], billed).totalNanoUsd)).toBeGreaterThanOrEqual(BigInt(billOf([{ percent: low }], billed).totalNanoUsd));
      }),
    );
  });

  test('every list that passes the schema can be priced with', () => {
    fc.assert(
      fc.property(rules, priced, (adjustments, one) => {
        expect(priceAdjustmentsSchema.parse(adjustments)).toEqual(adjustments);
        expect(priceUsage(table, one, { ...FIVE_PERCENT, projectAdjustments: adjustments }).status).toBe('priced');
      }),
    );
  });
});
