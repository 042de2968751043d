import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyFilter, StreamedKey } from './key-filter.js';

const KEY = 'sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXyZ4';

const through = (key: StreamedKey, chunks: readonly Buffer[]): Buffer => {
  const filter = new KeyFilter(key);
  return Buffer.concat([...chunks.map((chunk) => filter.push(chunk)), filter.end()]);
};

/** As when the end of an answer was kept back and comes with its last chunk. */
const throughWithLast = (key: StreamedKey, chunks: readonly Buffer[]): Buffer => {
  const filter = new KeyFilter(key);
  return Buffer.concat([...chunks.slice(0, -1).map((chunk) => filter.push(chunk)), filter.end(chunks.at(-1))]);
};

const cut = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [...new Set(cuts.map((one) => one % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
};

/** The rule in another way: the first spelling that begins, the shorter of two that begin together. */
const replaced = (text: string, key: string): string => {
  const spellings = [key, JSON.stringify(key).slice(1, -1)];
  const pattern = new RegExp(spellings.map((one) => one.replaceAll(/[\\"]/g, (special) => `\\${special}`)).join('|'), 'g');
  return text.replaceAll(pattern, (found) => '***REDACTED***'.padEnd(found.length, '*'));
};

/** Keys that repeat themselves or have to be escaped are the hard ones; real ones come last. */
const keys = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 16, maxLength: 20 }),
  fc.string({ unit: fc.constantFrom('\\', '"', 'a'), minLength: 16, maxLength: 20 }),
  fc.constant(KEY),
);

/** Text in which the key stands whole, cut short at either end, and beside itself. */
const textWith = (key: string): fc.Arbitrary<string> => {
  const escaped = JSON.stringify(key).slice(1, -1);
  const part = fc.tuple(fc.constantFrom(key, escaped), fc.nat(40), fc.nat(40)).map(([whole, start, end]) => whole.slice(start % whole.length, whole.length - (end % whole.length)));
  const piece = fc.oneof(fc.constantFrom(key, escaped, 'data: ', '\n\n', '"', '\\'), part, fc.string({ unit: fc.constantFrom('a', 'b', '\\', '"', ' '), maxLength: 8 }));
  return fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
};

const cases = keys.chain((key) => fc.record({ key: fc.constant(key), text: textWith(key), cuts: fc.array(fc.nat(), { maxLength: 30 }) }));

describe('a key in an answer that is passed on as it comes', () => {
  it('is taken out of every chunking alike, and all other bytes stay', () => {
    fc.assert(
      fc.property(cases, ({ key, text, cuts }) => {
        const streamed = new StreamedKey(key);
        const whole = Buffer.from(text);
        const expected = replaced(text, key);
        expect(streamed.hideIn(whole).toString()).toBe(expected);
        expect(through(streamed, cut(whole, cuts)).toString()).toBe(expected);
        expect(throughWithLast(streamed, cut(whole, cuts)).toString()).toBe(expected);
        expect(through(streamed, cut(whole, Array.from(whole, (_, index) => index))).toString()).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('holds back nothing but a beginning of the key', () => {
    fc.assert(
      fc.property(cases, ({ key, text, cuts }) => {
        const escaped = JSON.stringify(key).slice(1, -1);
        const filter = new KeyFilter(new StreamedKey(key));
        let pushed = 0;
        let shown = 0;
        for (const chunk of cut(Buffer.from(text), cuts)) {
          pushed += chunk.length;
          shown += filter.push(chunk).length;
          const waiting = text.slice(shown, pushed);
          expect(waiting.length < Math.max(key.length, escaped.length) && [key, escaped].some((one) => one.startsWith(waiting))).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('random bytes come out as the same chunks, not as copies', () => {
    const streamed = new StreamedKey(KEY);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
        const filter = new KeyFilter(streamed);
        const buffers = chunks.map((chunk) => Buffer.concat([chunk, Buffer.from('\n\n')]));
        for (const buffer of buffers) expect(filter.push(buffer)).toBe(buffer);
        expect(filter.end()).toHaveLength(0);
      }),
    );
  });

  it('an event of a stream never waits', () => {
    const filter = new KeyFilter(new StreamedKey(KEY));
    const error = `event: error\ndata: {"error":{"message":"Incorrect API key provided: ${KEY}."}}\n\n`;
    expect(filter.push(Buffer.from(error)).toString()).toBe(error.replace(KEY, '***REDACTED***'.padEnd(KEY.length, '*')));
    expect(filter.push(Buffer.from('data: [DONE]\n\n')).toString()).toBe('data: [DONE]\n\n');
  });

  it('a word in place of a key is no secret', () => {
    const bytes = Buffer.from('data: {"content":"ollama is a server; not-needed"}\n\n');
    for (const word of ['ollama', 'not-needed', '']) expect(through(new StreamedKey(word), [bytes])).toEqual(bytes);
  });
});
