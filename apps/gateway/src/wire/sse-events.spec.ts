import fc from 'fast-check';
import { SseEvents, dataOf, eachEvent } from './sse-events.js';

const split = (bytes: Buffer, cuts: number[]): Buffer[] => {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
};

const dataIn = (chunks: Buffer[]): string[] => {
  const events = new SseEvents(1_000_000);
  const found: string[] = [];
  for (const chunk of chunks) eachEvent(events.push(chunk), (event) => found.push(dataOf(event).toString()));
  return found;
};

const newline = fc.constantFrom('\n', '\r\n', '\r');
const text = fc.string({ unit: fc.constantFrom('a', '"', 'é', '漢', '😀', ':', ' ', '\\n', '\u2028', '\x0b'), maxLength: 20 });

describe('events of a stream', () => {
  it('are the same under any chunking and any line ending', () => {
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 1, maxLength: 3 }), { maxLength: 6 }), newline, fc.array(fc.nat(), { maxLength: 12 }), (events, nl, cuts) => {
        const stream = events.map((lines) => `event: x${nl}: comment${nl}${lines.map((line) => `data: ${line}${nl}`).join('')}${nl}`).join('');
        const expected = events.map((lines) => lines.join('\n'));
        // A CR that is the last byte so far may still become CRLF, so such a stream's last event is complete only with the next byte.
        const bytes = Buffer.from(nl === '\r' ? `${stream}:` : stream);
        expect(dataIn(split(bytes, cuts))).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps the unfinished event for the next chunk', () => {
    const events = new SseEvents(100);
    expect(events.push(Buffer.from('data: 1\n\nda')).toString()).toBe('data: 1\n\n');
    expect(events.push(Buffer.from('ta: 2\n')).length).toBe(0);
    expect(events.push(Buffer.from('\n')).toString()).toBe('data: 2\n\n');
    expect(events.takeRest().length).toBe(0);
  });

  it('gives up on an event that is too long, and says so', () => {
    const events = new SseEvents(10);
    expect(events.push(Buffer.from('data: 12345678901234567890')).length).toBe(0);
    expect(events.push(Buffer.from('\n\n')).length).toBe(0);
    expect(events.overflowed).toBe(true);
    expect(events.takeRest().toString()).toBe('data: 12345678901234567890');
    expect(events.takeRest().length).toBe(0);
  });

  it.each([
    ['data:x\n\n', 'x'],
    ['data: x\n\n', 'x'],
    ['data:  x\n\n', ' x'],
    ['data\n\n', ''],
    ['database: x\n\n', ''],
    [': data: x\n\n', ''],
    ['data: a\r\ndata: b\r\n\r\n', 'a\nb'],
  ])('%j holds %j', (event, data) => {
    expect(dataOf(Buffer.from(event)).toString()).toBe(data);
  });
});
