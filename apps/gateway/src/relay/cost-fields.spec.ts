import { loadPriceBook, priceUsageAt } from '@llm-proxy/pricing';
import type { UsageData, UsageEvent } from '@llm-proxy/usage-schema';
import fc from 'fast-check';
import { costFields } from './cost-fields.js';

const RULES = { priceBook: loadPriceBook(), surchargeBasisPoints: 500 };
const TIME = '2026-11-22T10:00:00.000Z';

const eventOf = (data: Partial<UsageData>): UsageEvent =>
  ({
    time: TIME,
    data: { provider: 'openai', endpoint: '/v1/chat/completions', requestModel: 'gpt-4.1', responseModel: null, requestServiceTier: null, responseServiceTier: null, requestFacts: {}, providerKey: 'managed', measurement: 'exact', ...data },
  }) as UsageEvent;

const nanoOf = (usd: string): bigint => {
  const [whole, places] = usd.split('.') as [string, string];
  return BigInt(whole + places.padEnd(9, '0'));
};

describe('what is told of a cost', () => {
  it('is the sum of the lines of the bill, to the nano-dollar', () => {
    const count = fc.nat({ max: 2_000_000_000 });
    const percent = fc.integer({ min: -900_000, max: 900_000 }).map((tenThousandths) => (tenThousandths / 10_000).toFixed(4));
    fc.assert(
      fc.property(count, count, fc.constantFrom('managed', 'project'), fc.option(percent), fc.nat({ max: 10_000 }), (input, output, providerKey, adjustment, surchargeBasisPoints) => {
        const rules = { ...RULES, surchargeBasisPoints };
        const event = eventOf({ usage: { prompt_tokens: input, completion_tokens: output }, providerKey, ...(adjustment === null ? {} : { priceAdjustments: [{ percent: adjustment }] }) });
        const bill = priceUsageAt(new Date(TIME), event.data, rules);
        if (bill.status !== 'priced') throw new Error(bill.reason);
        const told = costFields(event, rules);
        expect(nanoOf(told['x-meshagent-cost-usd']!)).toBe(bill.pricing.lines.reduce((sum, { amountNanoUsd }) => sum + BigInt(amountNanoUsd), 0n));
        expect(told).toMatchObject({ 'x-meshagent-cost-basis': 'exact', 'x-meshagent-price-version': bill.pricing.priceVersion });
      }),
    );
  });

  it('names what has no price beside what has one', () => {
    const usage = { prompt_tokens: 1_000, prompt_tokens_details: { audio_tokens: 400 }, completion_tokens: 0 };
    // 600 × 2 $ a million and 5 % on top; the sound is not in it.
    expect(costFields(eventOf({ usage }), RULES)).toEqual({ 'x-meshagent-cost-usd': '0.00126', 'x-meshagent-cost-basis': 'unpriced', 'x-meshagent-price-version': '2026-11' });
  });

  it('is short of what a provider charges for speed that has no price, and says so', () => {
    const event = (speed: string) => eventOf({ provider: 'anthropic', endpoint: '/v1/messages', requestModel: 'claude-opus-5', usage: { input_tokens: 1_000, speed } });
    expect(costFields(event('fast'), RULES)).toEqual({ ...costFields(event('standard'), RULES), 'x-meshagent-cost-basis': 'unpriced' });
    expect(costFields(event('standard'), RULES)).toMatchObject({ 'x-meshagent-cost-usd': '0.00525', 'x-meshagent-cost-basis': 'exact' });
  });

  it.each(['partial', 'estimated'] as const)('says that it is %s', (measurement) => {
    expect(costFields(eventOf({ usage: { prompt_tokens: 1_000 }, measurement }), RULES)).toMatchObject({ 'x-meshagent-cost-usd': '0.0021', 'x-meshagent-cost-basis': measurement });
  });

  it('is no number where the event would be set aside', () => {
    expect(costFields(eventOf({ usage: null, measurement: 'missing' }), RULES)).toEqual({ 'x-meshagent-cost-usd': 'unknown', 'x-meshagent-cost-basis': 'missing' });
    expect(costFields(eventOf({ usage: { prompt_tokens: 1 }, requestModel: 'nobody-knows' }), RULES)).toEqual({ 'x-meshagent-cost-usd': 'unknown', 'x-meshagent-cost-basis': 'unpriced' });
    expect(costFields(eventOf({ usage: { prompt_tokens: -1 } }), RULES)).toMatchObject({ 'x-meshagent-cost-usd': 'unknown' });
  });
});
