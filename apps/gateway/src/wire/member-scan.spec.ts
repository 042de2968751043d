import fc from 'fast-check';
import { MemberScan } from './member-scan.js';

const look = (text: string, names: readonly string[] = ['text']) => {
  const scan = new MemberScan(names);
  return { seesUsage: scan.look(Buffer.from(text)), textBytes: scan.textBytes };
};

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What a parser says of the same text. */
const expectedOf = (value: Json): { seesUsage: boolean; textBytes: number } => {
  if (typeof value !== 'object' || value === null) return { seesUsage: false, textBytes: 0 };
  const parts = Array.isArray(value) ? value.map(expectedOf) : Object.entries(value).map(([name, member]) => ofMember(name, member));
  return { seesUsage: parts.some((part) => part.seesUsage), textBytes: parts.reduce((sum, part) => sum + part.textBytes, 0) };
};

const ofMember = (name: string, member: Json) => {
  const inside = expectedOf(member);
  const isObject = typeof member === 'object' && member !== null && !Array.isArray(member);
  const written = name === 'text' && typeof member === 'string' ? Buffer.byteLength(JSON.stringify(member)) - 2 : 0;
  return { seesUsage: inside.seesUsage || (name === 'usage' && isObject), textBytes: inside.textBytes + written };
};

const name = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('text', 'usage', 'texts', 'usag', 'text"', '\\usage') }, fc.string({ maxLength: 4 }));
const words = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"text":"a"', '"usage":{"a":1}', '\\', '\\"', ':', '{', 'é漢🌍'), fc.string({ minLength: 120, maxLength: 300 }), fc.integer({ min: 100, max: 400 }).map((length) => `${'x'.repeat(length)}\\"`));
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof({ depthSize: 'small' }, words, fc.integer(), fc.constantFrom(null, true, false), fc.array(tie('json'), { maxLength: 4 }), fc.dictionary(name, tie('json'), { maxKeys: 4, noNullPrototype: true })),
}));

describe('one look at the members of a text', () => {
  it('finds what a parser finds', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(0, 1, '\t'), (value, indent) => {
        expect(look(JSON.stringify(value, null, indent))).toEqual(expectedOf(value));
      }),
      { numRuns: 500 },
    );
  });

  it('finds the same in an event stream, whatever quotes stand in other lines', () => {
    fc.assert(
      fc.property(fc.array(json, { maxLength: 4 }), fc.constantFrom(': a "comment', 'event: "', 'data: "', 'id: a"b":', ''), (values, line) => {
        const stream = values.map((value) => `${line}\ndata: ${JSON.stringify(value)}\n\n`).join('');
        const parts = values.map(expectedOf);
        expect(look(stream)).toEqual({ seesUsage: parts.some(({ seesUsage }) => seesUsage), textBytes: parts.reduce((sum, { textBytes }) => sum + textBytes, 0) });
      }),
    );
  });

  it.each([
    ['{"text":"abc', 3],
    [`{"text":"${'a'.repeat(200)}`, 200],
    ['{"text":"ab\\', 3],
    ['{"text', 0],
    ['{"text":', 0],
    ['', 0],
  ])('counts what there is of a text that was cut: %.20s', (text, textBytes) => {
    expect(look(text)).toEqual({ seesUsage: false, textBytes });
  });

  it('takes a megabyte of quotes in its stride', () => {
    const start = process.cpuUsage();
    look(`{"text":"${'\\"'.repeat(500_000)}"}`);
    look(`{"a":"${'\\'.repeat(1_000_000)}"}`);
    look('"'.repeat(1_000_000));
    expect(process.cpuUsage(start).user).toBeLessThan(3_000_000);
  });
});
