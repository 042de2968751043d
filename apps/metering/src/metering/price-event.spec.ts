import { describe, expect, it } from '@jest/globals';
import { loadPriceBook } from '@llm-proxy/pricing';
import { pricedUsageSchema } from '@llm-proxy/usage-schema';
import { eventOf } from '../sample-events.suite.js';
import { decodeUsage } from './decode-usage.js';
import { priceEvent } from './price-event.js';

const rules = { priceBook: loadPriceBook(), surchargeBasisPoints: 500 };

const pricedOf = (options: Parameters<typeof eventOf>[0], surchargeBasisPoints = 500) => {
  const priced = priceEvent(eventOf(options), { ...rules, surchargeBasisPoints });
  if (!priced.ok) throw new Error(priced.reason);
  return priced.event;
};

describe('priceEvent', () => {
  it('makes a priced event of the same id, time and subject', () => {
    const event = eventOf({ time: '2026-11-22T10:00:00.000Z' });
    const priced = priceEvent(event, rules);
    expect(priced).toMatchObject({
      ok: true,
      event: { id: event.id, type: 'llm.usage.priced.v1', source: '/metering', subject: event.subject, time: event.time, data: event.data },
    });
    expect(pricedUsageSchema.parse(priced.ok && priced.event)).toEqual(priced.ok && priced.event);
  });

  it('charges each usage type and then the surcharge', () => {
    const { pricing } = pricedOf({ time: '2026-11-22T10:00:00.000Z' }).data;
    expect(pricing.totalNanoUsd).toBe('6431250');
    expect(pricing.lines.map(({ type, amountNanoUsd }) => [type, amountNanoUsd])).toEqual(
      expect.arrayContaining([
        ['input_tokens', '1250000'],
        ['cached_tokens', '375000'],
        ['output_tokens', '4500000'],
      ]),
    );
    expect(pricing.lines.at(-1)).toMatchObject({ type: 'llm_proxy_surcharge', amountNanoUsd: '306250' });
    expect(pricedOf({}, 0).data.pricing.totalNanoUsd).toBe('6125000');
  });

  it.each([
    ['2026-10-31T23:59:59.999Z', '2026-07'],
    ['2026-11-01T00:00:00.000Z', '2026-11'],
    ['2026-11-01T00:30:00.000+01:00', '2026-07'],
  ])('prices an event of %s with table %s', (time, version) => {
    expect(pricedOf({ time }).data.pricing.priceVersion).toBe(version);
  });

  it('applies the adjustments on the event that hold at its time, and prices a replay alike', () => {
    const priceAdjustments = [{ percent: '-20', provider: 'openai', model: 'gpt-5.4*', validFrom: '2026-11-10T00:00:00Z' }];
    const at = (time: string) => pricedOf({ time, data: { priceAdjustments } }).data.pricing;
    expect(at('2026-11-09T23:59:59.999Z')).toMatchObject({ priceVersion: '2026-11', totalNanoUsd: '6431250' });
    expect(at('2026-11-10T00:00:00.000Z')).toMatchObject({ priceVersion: '2026-11;project=-20%', totalNanoUsd: '5145000', providerCostNanoUsd: '6125000' });
    expect(at('2026-11-10T00:00:00.000Z')).toEqual(at('2026-11-10T00:00:00.000Z'));
  });

  it('names what the provider says of the price and nothing prices, in words as they came', () => {
    const usage = { input_tokens: 1_000, output_tokens: 0, speed: 'fast', inference_geo: 'us' };
    const event = eventOf({ time: '2026-11-22T10:00:00.000Z', data: { provider: 'anthropic', endpoint: '/v1/messages', requestModel: 'claude-opus-5', responseModel: null, responseServiceTier: 'standard', usage } });
    const decoded = decodeUsage(Buffer.from(JSON.stringify(event)));
    expect(decoded).toEqual({ ok: true, event });
    expect(priceEvent(event, rules)).toMatchObject({ ok: true, event: { data: { usage, pricing: { totalNanoUsd: '5250000', unpricedTypes: ['inference_geo_us', 'speed_fast'] } } } });
  });

  it('charges only the surcharge when the project has paid the provider itself', () => {
    const { pricing } = pricedOf({ data: { providerKey: 'project' } }).data;
    expect(pricing.totalNanoUsd).toBe('306250');
    expect(pricing.lines.slice(0, -1).every(({ type, amountNanoUsd }) => type.startsWith('custom_') && amountNanoUsd === '0')).toBe(true);
  });

  it.each([
    ['no usage', { usage: null, measurement: 'missing' as const }],
    ['an unknown model', { requestModel: 'gpt-0', responseModel: 'gpt-0' }],
    ['no model', { requestModel: null, responseModel: null }],
  ])('says that an event with %s is unpriceable', (_, data) => {
    expect(priceEvent(eventOf({ data }), rules)).toEqual({ ok: false, reason: expect.stringMatching(/^unpriceable: ./) });
  });
});
