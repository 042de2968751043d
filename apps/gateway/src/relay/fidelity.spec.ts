import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MessageUsage } from '../providers/anthropic/usage.js';
import { providers } from '../providers/index.js';
import { MemberScan } from '../wire/member-scan.js';
import { DecodingTap, createTap } from './usage-tap.js';

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const cut = (bytes: Buffer, cuts: number[]) => {
  const at = [...new Set(cuts.map((one) => one % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
};

const readers = providers.flatMap(({ name, endpoints }) =>
  endpoints.flatMap(({ path, usageReader }) => (usageReader === undefined ? [] : [{ name: `${name} ${path}`, usageReader }])),
);

/** A real stream of each shape, with characters of several bytes, comments, and data in several lines. */
const streamOf = (newline: string): Buffer =>
  Buffer.from(
    [
      ': a comment 漢字',
      '',
      'event: message_start',
      'data: {"type":"message_start","message":{"model":"claude-sonnet-4-6","usage":{"input_tokens":25,"output_tokens":1}}}',
      '',
      'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Grüße \\" 🌍 漢字"}}',
      '',
      'data: {"id":"1","choices":[{"delta":{"content":"a \\\\"}}],"usage":null}',
      '',
      'data: {"choices":[],',
      'data: "usage":{"prompt_tokens":1,"completion_tokens":2}}',
      '',
      'event: response.completed',
      'data: {"type":"response.completed","response":{"model":"m","output":[{"type":"image_generation_call","usage":{"output_tokens":3}}],"usage":{"input_tokens":3,"output_tokens":4}}}',
      '',
      'data: {"type":"image_generation.completed","usage":{"input_tokens":3}}',
      '',
      'data: {"type":"transcript.text.done","usage":{"type":"duration","seconds":3}}',
      '',
      'data: {"type":"message_delta","usage":{"output_tokens":42}}',
      '',
      'data: [DONE]',
      '',
      '',
    ].join(newline),
  );

const newline = fc.constantFrom('\n', '\r\n', '\r');
const cuts = fc.array(fc.nat(), { maxLength: 40 });

describe.each(readers)('$name', ({ usageReader }) => {
  it('what comes out is what went in, whatever the chunking and the ends of the lines', () => {
    fc.assert(
      fc.property(newline, cuts, (lineEnd, at) => {
        const bytes = streamOf(lineEnd);
        const tap = createTap(usageReader(), true, false, new MemberScan(['text', 'content']));
        const shown = Buffer.concat([...cut(bytes, at).map((chunk) => tap.push(chunk)), tap.end(true)]);
        expect(sha(shown)).toBe(sha(bytes));
      }),
      { numRuns: 30 },
    );
  });

  it('compressed bytes come out compressed, and untouched', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const bytes = gzipSync(streamOf('\n'));
        const shown: Buffer[] = [];
        await new Promise<void>((resolve) => {
          const tap = new DecodingTap('gzip', createTap(usageReader(), true, false), resolve);
          for (const chunk of cut(bytes, at)) shown.push(tap.push(chunk));
          tap.end();
        });
        expect(sha(Buffer.concat(shown))).toBe(sha(bytes));
        expect(gunzipSync(Buffer.concat(shown)).equals(streamOf('\n'))).toBe(true);
      }),
      { numRuns: 10 },
    );
  });
});

describe('the reading', () => {
  it('is the same of streams far longer than what waits to be looked at', () => {
    const events = fc.array(fc.tuple(fc.integer({ min: 0, max: 9_000 }), fc.boolean()), { maxLength: 8 });
    fc.assert(
      fc.property(events, cuts, fc.integer({ min: 1, max: 6_000 }), (lengths, at, step) => {
        const deltas = lengths.map(([length, isOther]) => (isOther ? `: ${'x'.repeat(length)}` : `data: {"delta":{"text":"${'x'.repeat(length)}"}}`));
        const stream = Buffer.from(`${[...deltas, 'data: {"type":"message_delta","usage":{"output_tokens":42}}'].join('\n\n')}\n\n`);
        const reader = new MessageUsage();
        const scan = new MemberScan(['text']);
        const tap = createTap(reader, true, false, scan);
        const even = Array.from({ length: Math.ceil(stream.length / step) }, (_, index) => index * step);
        const shown = cut(stream, [...at, ...even]).map((chunk) => tap.push(chunk));
        tap.end(true);
        expect(Buffer.concat(shown).equals(stream)).toBe(true);
        expect(reader.reading().usage).toEqual({ output_tokens: 42 });
        expect(scan.textBytes).toBe(lengths.reduce((sum, [length, isOther]) => sum + (isOther ? 0 : length), 0));
      }),
    );
  });

  it('is the same whatever the chunking', () => {
    const whole = new MessageUsage();
    const tapOfWhole = createTap(whole, true, false);
    tapOfWhole.push(streamOf('\n'));
    tapOfWhole.end(true);
    fc.assert(
      fc.property(newline, cuts, (lineEnd, at) => {
        const reader = new MessageUsage();
        const text = new MemberScan(['text', 'content']);
        const tap = createTap(reader, true, false, text);
        for (const chunk of cut(streamOf(lineEnd), at)) tap.push(chunk);
        tap.end(true);
        expect(reader.reading()).toEqual(whole.reading());
        expect(text.textBytes).toBe(Buffer.byteLength('Grüße \\" 🌍 漢字') + Buffer.byteLength('a \\\\'));
      }),
    );
  });
});

/** More with FUZZ_RUNS, e.g. a million, by hand. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 3_000);

describe('bytes that no provider would send', () => {
  const mutation = fc.record({ at: fc.nat(), kind: fc.constantFrom('flip', 'drop', 'repeat', 'insert'), value: fc.nat(255), length: fc.integer({ min: 1, max: 64 }) });
  const mutated = (bytes: Buffer, changes: { at: number; kind: string; value: number; length: number }[]): Buffer =>
    changes.reduce((current, { at, kind, value, length }) => {
      const from = at % (current.length + 1);
      if (kind === 'flip') return Buffer.concat([current.subarray(0, from), Buffer.from([value]), current.subarray(from + 1)]);
      if (kind === 'drop') return Buffer.concat([current.subarray(0, from), current.subarray(from + length)]);
      if (kind === 'repeat') return Buffer.concat([current.subarray(0, from), current.subarray(from, from + length), current.subarray(from)]);
      return Buffer.concat([current.subarray(0, from), Buffer.alloc(length, value), current.subarray(from)]);
    }, bytes);

  it(
    `never throw, never change on the way, in ${RUNS} mutations`,
    () => {
      fc.assert(
        fc.property(fc.nat(readers.length - 1), newline, fc.array(mutation, { minLength: 1, maxLength: 6 }), cuts, fc.boolean(), (which, lineEnd, changes, at, isStream) => {
          const bytes = mutated(streamOf(lineEnd), changes);
          const reader = readers[which]!.usageReader();
          const text = new MemberScan(['delta', 'text', 'content']);
          const tap = createTap(reader, isStream, false, text);
          const shown = Buffer.concat([...cut(bytes, at).map((chunk) => tap.push(chunk)), tap.end(true)]);
          expect(shown.equals(bytes)).toBe(true);
          expect(text.textBytes).toBeLessThanOrEqual(3 * bytes.length);
          reader.reading();
        }),
        { numRuns: RUNS },
      );
    },
    60_000 + RUNS,
  );
});
