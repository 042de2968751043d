import { describe, expect, it } from '@jest/globals';
import { eventOf } from '../sample-events.suite.js';
import { decodeUsage } from './decode-usage.js';

const decodeJson = (value: unknown) => decodeUsage(Buffer.from(JSON.stringify(value)));

describe('decodeUsage', () => {
  it('reads an event, and ignores fields it does not know', () => {
    const event = eventOf({ attribution: { participant: 'Ann "A" \\ 漢字 👩‍🚀', annotations: { task: 'a' } } });
    expect(decodeJson({ ...event, traceparent: 'later' })).toEqual({ ok: true, event });
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['text', 'hello', /not JSON/],
    ['nothing', '', /not JSON/],
    ['half an event', JSON.stringify(eventOf()).slice(0, 300), /not JSON/],
    ['bytes', Buffer.from([0xff, 0x00]), /not JSON/],
    ['null', 'null', /not a usage event/],
    ['an event of another type', JSON.stringify({ ...eventOf(), type: 'llm.usage.priced.v1' }), /type/],
    ['an event without a project', JSON.stringify(eventOf({ attribution: { projectId: '' } })), /projectId/],
    ['an event at no time', JSON.stringify(eventOf({ time: '2026-02-30T00:00:00Z' })), /time/],
  ])('says why %s is none', (_, value, reason) => {
    expect(decodeUsage(Buffer.from(value))).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });

  it('replaces text that no store takes, also in names of fields, and leaves its look-alike alone', () => {
    const event = eventOf({ attribution: { participant: 'a\0b', room: '\ud800', client: '\\u0000', annotations: { 'k\0': '\udfff!' } }, data: { usage: { 'input\0tokens': 1 } } });
    const decoded = decodeJson(event);
    expect(decoded).toMatchObject({
      ok: true,
      event: { data: { attribution: { participant: 'a\u{fffd}b', room: '\u{fffd}', client: '\\u0000', annotations: { 'k\u{fffd}': '\u{fffd}!' } }, usage: { 'input\u{fffd}tokens': 1 } } },
    });
  });
});
