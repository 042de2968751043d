import fc from 'fast-check';
import { MALFORMED, TOO_DEEP, TRUNCATED, lookAnew, skipNested, skipString } from './json-skip.js';

const WINDOW = 65_536;

beforeEach(lookAnew);

/** Byte by byte, as one would write it down first. */
const plainSkipString = (json: Buffer, from: number): number => {
  for (let at = from; at < json.length; at++) {
    if (json[at] === 0x5c) at++;
    else if (json[at] === 0x22) return at + 1;
  }
  return TRUNCATED;
};

const plainSkipNested = (json: Buffer, from: number): number => {
  const open: string[] = [];
  for (let at = from; at < json.length; at++) {
    const char = String.fromCharCode(json[at]!);
    if (char === '"') {
      const end = plainSkipString(json, at + 1);
      if (end === TRUNCATED) return TRUNCATED;
      at = end - 1;
    } else if (char === '{' || char === '[') open.push(char === '{' ? '}' : ']');
    else if (char === '}' || char === ']') {
      if (open.pop() !== char) return MALFORMED;
      if (open.length === 0) return at + 1;
    }
  }
  return TRUNCATED;
};

/** Short, and made of what matters. */
const pieces = fc.array(fc.constantFrom('"', '\\', '\\\\', '\\"', 'x', 'é', '[', ']', '{', '}', ',', ' '), { maxLength: 150 }).map((parts) => parts.join(''));
const nested = fc.array(fc.constantFrom('"\\\\"', '"\\""', '"]}"', '"é"', '[', ']', '{', '}', ',', '    '), { maxLength: 100 }).map((parts) => parts.join(''));
/** Ends around the borders of blocks and of windows. */
const filler = fc
  .tuple(fc.constantFrom(0, 64, 128, WINDOW - 64, WINDOW, 2 * WINDOW), fc.nat({ max: 70 }), fc.constantFrom('x', '\\"', '\\\\'))
  .map(([base, more, unit]) => unit.repeat(Math.floor((base + more) / unit.length)));

it('finds the end of a string wherever its quotes and backslashes fall', () => {
  fc.assert(
    fc.property(filler, pieces, fc.nat({ max: 3 }), (before, text, from) => {
      const json = Buffer.from(`${before}${text}`);
      expect(skipString(json, from)).toBe(plainSkipString(json, from));
    }),
    { numRuns: 500 },
  );
});

it('finds the end of a nested value wherever its brackets fall', () => {
  fc.assert(
    fc.property(filler, nested, (before, text) => {
      const json = Buffer.from(`["${before}",${text}]`);
      expect(skipNested(json, 0)).toBe(plainSkipNested(json, 0));
    }),
    { numRuns: 500 },
  );
});

it('follows a value over many windows, and the next ones in the same text', () => {
  const first = JSON.stringify([{ text: 'a "quoted" \\ \n'.repeat(30_000) }]);
  const second = JSON.stringify({ list: ['[', ']', '"}'.repeat(50_000)] });
  const json = Buffer.from(`${first},${second} `);
  expect(skipNested(json, 0)).toBe(Buffer.byteLength(first));
  expect(skipNested(json, Buffer.byteLength(first) + 1)).toBe(json.length - 1);
  expect(skipNested(json, 0)).toBe(Buffer.byteLength(first));
});

it.each([
  ['brackets that do not match', '[{]}', MALFORMED],
  ['a backslash outside of a string', '[\\"a"]', MALFORMED],
  ['an end too early', '["a', TRUNCATED],
  ['a thousand and one brackets', '['.repeat(1_001), TOO_DEEP],
])('tells %s', (_, text, problem) => {
  expect(skipNested(Buffer.from(text), 0)).toBe(problem);
});

it('sees what changed in a buffer that is used again', () => {
  const json = Buffer.from('["a"] ["b"]');
  expect(skipNested(json, 0)).toBe(5);
  json.write('["a" ,1]');
  lookAnew();
  expect(skipNested(json, 0)).toBe(8);
});
