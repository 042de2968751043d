import { describe, expect, it } from '@jest/globals';
import { eventOf } from '../sample-events.suite.js';
import { decodePricedUsage } from './decode-priced-usage.js';

const decodeJson = (value: unknown) => decodePricedUsage(Buffer.from(JSON.stringify(value)));

describe('decodePricedUsage', () => {
  it('reads an event, and ignores fields it does not know', () => {
    const event = eventOf();
    expect(decodeJson({ ...event, traceparent: 'later' })).toEqual({ ok: true, event });
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['text', 'hello', /not JSON/],
    ['nothing', '', /not JSON/],
    ['bytes', Buffer.from([0xff, 0x00]), /not JSON/],
    ['null', 'null', /not a priced usage event/],
    ['an array', '[]', /not a priced usage event/],
    ['an event of another type', JSON.stringify({ ...eventOf(), type: 'llm.usage.v1' }), /type/],
    ['an amount that is no integer', JSON.stringify(eventOf()).replace('"amountNanoUsd":"2500000"', '"amountNanoUsd":"2.5"'), /amountNanoUsd/],
  ])('says why %s is none', (_, value, reason) => {
    expect(decodePricedUsage(Buffer.from(value))).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });

  it('keeps the reason short', () => {
    const decoded = decodeJson({ ...eventOf(), data: Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, index])) });
    expect(decoded.ok ? '' : decoded.reason.length).toBeLessThan(600);
  });
});
