import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { Refusal, refusals } from '../refusals.js';
import { FormBody, UploadRefused } from './form-body.js';

type Part = { name: string; value: string; file?: boolean };

const BOUNDARY = '----x';
const formOf = (parts: Part[]) =>
  Buffer.from(
    parts.map(({ name, value, file }) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file ? '; filename="a.bin"' : ''}\r\n\r\n${value}\r\n`).join('') +
      `--${BOUNDARY}--\r\n`,
  );

interface Outcome {
  /** What the form was refused for, before or after it started to go upstream. */
  refusal: Refusal | null;
  /** What went upstream, and whether it was all. */
  bytes: Buffer;
  isComplete: boolean;
  fields: (string | null)[];
}

/** Sends the bytes cut at the given places through a form body, and reads what comes out of it. */
const pass = async (bytes: Buffer, cuts: number[] = [], options: { maxBytes?: number; abort?: boolean } = {}): Promise<Outcome> => {
  const request = new PassThrough();
  const form = new FormBody({
    contentType: `multipart/form-data; boundary=${BOUNDARY}`,
    wanted: new Set(['model', 'response_format']),
    maxBytes: options.maxBytes ?? 1_000_000,
    problem: (field) => (field('response_format') === 'srt' ? refusals.unmeterableFormat('srt') : null),
  });
  const started = form.start(request as unknown as IncomingMessage);
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const write = async () => {
    for (const [index, start] of [0, ...at].entries()) {
      request.write(bytes.subarray(start, at[index] ?? bytes.length));
      await nextTurn();
    }
    if (options.abort === true) request.emit('aborted');
    else request.end();
  };
  void write();
  const fields = () => [form.field('model'), form.field('response_format')];
  const refusal = await started;
  if (refusal !== null) return { refusal, bytes: Buffer.alloc(0), isComplete: form.isComplete, fields: fields() };
  const out: Buffer[] = [];
  return new Promise((resolve) => {
    const done = (late: Refusal | null) => resolve({ refusal: late, bytes: Buffer.concat(out), isComplete: form.isComplete, fields: fields() });
    form.on('data', (chunk: Buffer) => out.push(chunk));
    form.on('end', () => done(null));
    form.on('error', (error) => done((error as UploadRefused).refusal));
  });
};

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const filler = fc.string({ unit: fc.constantFrom('a', '\r\n', '--', '----x', '漢', '"model"'), maxLength: 40 }).filter((text) => !text.includes(`--${BOUNDARY}`));
const others = fc.array(fc.record({ name: fc.constantFrom('file', 'prompt', 'image[]'), value: filler, file: fc.boolean() }), { maxLength: 5 });

describe('a form on its way upstream', () => {
  it('comes out as it went in, with its fields read, under any chunking and order', async () => {
    await fc.assert(
      fc.asyncProperty(others, others, cuts, async (before, after, at) => {
        const bytes = formOf([...before, { name: 'model', value: 'whisper-1' }, ...after]);
        const outcome = await pass(bytes, at);
        expect(outcome).toMatchObject({ refusal: null, isComplete: true, fields: ['whisper-1', null] });
        expect(createHash('sha256').update(outcome.bytes).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
      }),
      { numRuns: 60 },
    );
  });

  it.each<[string, Part[], string]>([
    ['a second model', [{ name: 'model', value: 'b' }], 'duplicate_member'],
    ['a second model that is a file', [{ name: 'model', value: 'b', file: true }], 'invalid_form'],
    ['an unmeterable format', [{ name: 'response_format', value: 'srt' }], 'unmeterable_format'],
  ])('never goes out whole with %s behind the file', async (_name, tail, code) => {
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const bytes = formOf([{ name: 'model', value: 'whisper-1' }, { name: 'file', value: 'x'.repeat(300), file: true }, ...tail]);
        const outcome = await pass(bytes, at);
        expect(outcome).toMatchObject({ refusal: { status: 400, code }, isComplete: false });
        expect(outcome.bytes.length).toBeLessThan(bytes.length);
      }),
      { numRuns: 30 },
    );
  });

  it.each<[string, Buffer, object, string]>([
    ['without a model', formOf([{ name: 'file', value: 'x', file: true }]), {}, 'missing_model'],
    ['with an empty model', formOf([{ name: 'model', value: '' }]), {}, 'missing_model'],
    ['with a model as long as a book', formOf([{ name: 'model', value: 'x'.repeat(5_000) }]), {}, 'invalid_form'],
    ['that is too large', formOf([{ name: 'file', value: 'x'.repeat(5_000), file: true }, { name: 'model', value: 'm' }]), { maxBytes: 1_000 }, 'request_too_large'],
    ['that is no form', Buffer.from('hello'), {}, 'invalid_form'],
    ['of nothing', Buffer.alloc(0), {}, 'invalid_form'],
    ['whose caller leaves', formOf([{ name: 'file', value: 'x', file: true }]).subarray(0, 60), { abort: true }, 'incomplete_body'],
  ])('%s is refused', async (_name, bytes, options, code) => {
    expect((await pass(bytes, [7, 99], options)).refusal).toMatchObject({ code });
  });

  it('that ends anywhere before its end is refused', async () => {
    const bytes = formOf([{ name: 'model', value: 'whisper-1' }, { name: 'file', value: 'x'.repeat(50), file: true }]);
    for (let length = 0; length < bytes.length - 4; length++) {
      const outcome = await pass(bytes.subarray(0, length), [30, 100]);
      expect([length, outcome.isComplete, outcome.refusal?.status]).toEqual([length, false, 400]);
    }
  });
});
