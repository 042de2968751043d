import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { pricingSchema } from '@llm-proxy/usage-schema';
import type { Pricing } from '@llm-proxy/usage-schema';
import { loadPriceBook } from './load-price-book.js';
import { imageCountType } from './normalise/request-facts.js';
import type { PriceTable } from './price-table.js';
import { priceUsage } from './price-usage.js';
import { FIVE_PERCENT, answer, bill } from './sample-answer.suite.js';
import type { Answer } from './sample-answer.suite.js';
import { resolveUsageModel } from './usage-model.js';

interface ExpectedBill {
  model: string;
  lines: { type: string; quantity: number; unitUsd: number; amountUsd: number }[];
  subtotalUsd: number;
  surchargeUsd: number;
  totalUsd: number;
}

interface Vectors {
  priceVersion: string;
  /** `expected` is null where the answer is unpriceable; `deviation` says how the reference client differs and why. */
  answers: { id: string; about: string; deviation?: string; answer: Answer; expected: ExpectedBill | null; unpricedTypes?: string[] }[];
  models: { id: string; provider: string; responseModel: string | null; requestModel: string | null; serviceTier: string | null; expected: string | null }[];
  availability: { id: string; provider: string; model: string; serviceTier: string | null; expected: boolean; deviation?: string }[];
  imageTypes: { id: string; model: string; size: string | null; quality: string | null; expected: string | null }[];
}

const vectors = JSON.parse(readFileSync(new URL('../fixtures/usage-vectors.json', import.meta.url), 'utf8')) as Vectors;
const table = loadPriceBook().table(vectors.priceVersion) as PriceTable;

const TOLERANCE_USD = 1e-12;
const usd = (nano: string): number => Number(nano) / 1e9;
const expectUsd = (nano: string, expected: number) => expect(Math.abs(usd(nano) - expected)).toBeLessThan(TOLERANCE_USD);

const expectBill = (pricing: Pricing, expected: ExpectedBill) => {
  expect(pricing.model).toBe(expected.model);
  expect(pricing.lines.map(({ type }) => type)).toEqual(expected.lines.map(({ type }) => type));
  pricing.lines.forEach((line, index) => {
    const { quantity, unitUsd, amountUsd } = expected.lines[index] as ExpectedBill['lines'][number];
    expect(Number(line.quantity)).toBe(quantity);
    expectUsd(line.amountNanoUsd, amountUsd);
    // The reference writes the amount of the surcharge where a unit price is due.
    if (line.type !== 'llm_proxy_surcharge') expect(Math.abs(Number(line.unitPricePicoUsd) / 1e12 - unitUsd)).toBeLessThan(1e-15);
  });
  expectUsd(pricing.providerCostNanoUsd, expected.subtotalUsd);
  expectUsd(pricing.surchargeNanoUsd, expected.surchargeUsd);
  expectUsd(pricing.totalNanoUsd, expected.totalUsd);
};

describe('bills', () => {
  test.each(vectors.answers.map((vector) => [`${vector.id}: ${vector.about}`, vector] as const))('%s', (_, vector) => {
    const result = priceUsage(table, vector.answer, FIVE_PERCENT);
    if (vector.expected === null) return expect(result.status).toBe('unpriceable');
    if (result.status !== 'priced') throw new Error(result.reason);
    expect(pricingSchema.parse(result.pricing)).toEqual(result.pricing);
    expectBill(result.pricing, vector.expected);
    return expect([...result.pricing.unpricedTypes].sort()).toEqual(vector.unpricedTypes ?? []);
  });

  test('managed and own-key usage add up as one report of both does', () => {
    const managed = bill(table, answer({ requestModel: 'gpt-4.1', usage: { input_tokens: 1000, output_tokens: 0 } }));
    const own = bill(table, answer({ requestModel: 'gpt-4.1', providerKey: 'project', usage: { input_tokens: 0, output_tokens: 500 } }));
    expectUsd(String(BigInt(managed.totalNanoUsd) + BigInt(own.totalNanoUsd)), 0.0023);
    expectUsd(String(BigInt(managed.surchargeNanoUsd) + BigInt(own.surchargeNanoUsd)), 0.0003);
  });
});

test.each(vectors.models)('$id', ({ expected, serviceTier, ...named }) => {
  expect(resolveUsageModel(table, named, serviceTier)).toBe(expected);
});

test.each(vectors.availability)('$id', ({ provider, model, serviceTier, expected }) => {
  expect(table.isAvailable(provider, model, serviceTier)).toBe(expected);
});

test.each(vectors.imageTypes)('$id', ({ model, size, quality, expected }) => {
  expect(imageCountType(model, size, quality)).toBe(expected);
});
