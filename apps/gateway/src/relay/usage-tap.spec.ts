import fc from 'fast-check';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { MessageUsage } from '../providers/anthropic/usage.js';
import { AnswerUsage, ResponseUsage } from '../providers/openai/usage.js';
import type { UsageReader } from '../providers/index.js';
import { DecodingTap, createTap } from './usage-tap.js';

const sse = (nl: string, ...events: unknown[]) => Buffer.from(events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}${nl}${nl}`).join(''));
const cut = (bytes: Buffer, cuts: number[]) => {
  const at = [...new Set(cuts.map((one) => one % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
};
const through = (reader: UsageReader, bytes: Buffer, cuts: number[], isStream: boolean, hide = false) => {
  const tap = createTap(reader, isStream, hide);
  const shown = Buffer.concat([...cut(bytes, cuts).map((chunk) => tap.push(chunk)), tap.end(true)]);
  return { shown, reading: reader.reading() };
};

const usage = { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 3 } };
const chat = [
  { model: 'gpt-4.1-2025-04-14', choices: [{ delta: { content: 'say "usage": {"prompt_tokens": 9} 漢字' } }], usage: null },
  { model: 'gpt-4.1-2025-04-14', choices: [{ delta: {}, finish_reason: 'stop' }], usage: null },
];
const last = { model: 'gpt-4.1-2025-04-14', service_tier: 'default', choices: [], usage };
const cuts = fc.array(fc.nat(), { maxLength: 20 });
const newline = fc.constantFrom('\n', '\r\n');

describe('usage on the side', () => {
  it('is read from a chat stream under any chunking, and the bytes stay the same', () => {
    fc.assert(
      fc.property(cuts, newline, (at, nl) => {
        const bytes = sse(nl, ...chat, last, '[DONE]');
        const { shown, reading } = through(new AnswerUsage(), bytes, at, true);
        expect(shown.equals(bytes)).toBe(true);
        expect(reading).toEqual({ usage, model: 'gpt-4.1-2025-04-14', serviceTier: 'default', final: true });
      }),
    );
  });

  it('hides exactly the chunk that the caller did not ask for', () => {
    fc.assert(
      fc.property(cuts, newline, (at, nl) => {
        const { shown, reading } = through(new AnswerUsage(), sse(nl, ...chat, last, '[DONE]'), at, true, true);
        expect(shown.equals(sse(nl, ...chat, '[DONE]'))).toBe(true);
        expect(reading.usage).toEqual(usage);
      }),
    );
  });

  it('holds nothing back that belongs to the caller when a hidden-usage stream is cut', () => {
    const bytes = Buffer.concat([sse('\n', ...chat), Buffer.from('data: {"cho')]);
    expect(through(new AnswerUsage(), bytes, [3, 90], true, true).shown.equals(bytes)).toBe(true);
  });

  it('is read from the closing event of a Responses stream', () => {
    const response = { id: 'r', model: 'gpt-5.4', service_tier: 'flex', output: [{ text: '"usage":{' }], usage: { input_tokens: 7, output_tokens: 1 } };
    for (const type of ['response.completed', 'response.incomplete', 'response.failed']) {
      const bytes = sse('\n', { type: 'response.created', response: { ...response, usage: null } }, { type: 'response.output_text.delta', delta: 'x' }, { type, response });
      fc.assert(
        fc.property(cuts, (at) => {
          expect(through(new ResponseUsage(), bytes, at, true).reading).toEqual({ usage: response.usage, model: 'gpt-5.4', serviceTier: 'flex', final: true });
        }),
        { numRuns: 30 },
      );
    }
  });

  it('takes the largest of Anthropic’s cumulative counts', () => {
    const bytes = sse(
      '\n',
      { type: 'message_start', message: { model: 'claude-sonnet-4-6', usage: { input_tokens: 25, cache_read_input_tokens: 100, output_tokens: 1, cache_creation: { ephemeral_5m_input_tokens: 4 }, service_tier: 'standard' } } },
      { type: 'content_block_delta', delta: { text: '"usage":{"input_tokens":999}' } },
      { type: 'message_delta', usage: { output_tokens: 15 } },
      { type: 'message_delta', usage: { input_tokens: 25, output_tokens: 42, cache_read_input_tokens: null } },
      { type: 'message_stop' },
    );
    fc.assert(
      fc.property(cuts, (at) => {
        expect(through(new MessageUsage(), bytes, at, true).reading).toEqual({
          usage: { input_tokens: 25, cache_read_input_tokens: 100, output_tokens: 42, cache_creation: { ephemeral_5m_input_tokens: 4 }, service_tier: 'standard' },
          model: 'claude-sonnet-4-6',
          serviceTier: 'standard',
          final: true,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('keeps what Anthropic says at the start of a stream about the price, when the end does not repeat it', () => {
    const words = { speed: 'fast', inference_geo: 'us', service_tier: 'standard' };
    const start = { type: 'message_start', message: { model: 'm', usage: { input_tokens: 25, output_tokens: 1, ...words } } };
    const ends = [{ output_tokens: 42 }, { output_tokens: 42, speed: null, inference_geo: null }];
    for (const end of ends) {
      const { reading } = through(new MessageUsage(), sse('\n', start, { type: 'message_delta', usage: end }), [40, 90], true);
      expect(reading).toMatchObject({ usage: { input_tokens: 25, output_tokens: 42, ...words }, final: true });
    }
    expect(through(new MessageUsage(), sse('\n', start), [], true).reading).toMatchObject({ usage: words, final: false });
  });

  it('knows that a cut Anthropic stream has not said its last word', () => {
    const bytes = sse('\n', { type: 'message_start', message: { model: 'm', usage: { input_tokens: 25, output_tokens: 1 } } });
    expect(through(new MessageUsage(), bytes, [], true).reading).toMatchObject({ usage: { input_tokens: 25, output_tokens: 1 }, final: false });
  });

  it('is read from a body that is not a stream', () => {
    const bytes = Buffer.from(JSON.stringify({ choices: [{ message: { content: '{"usage":{}}' } }], usage, model: 'gpt-4.1' }, null, 2));
    fc.assert(fc.property(cuts, (at) => expect(through(new AnswerUsage(), bytes, at, false).reading).toMatchObject({ usage, model: 'gpt-4.1' })), { numRuns: 20 });
  });

  it.each(['', 'garbage', '{"usage":', '{"usage":{"a":}}', '[]', '<html>"usage":{}</html>'])('finds nothing in %j and does not mind', (text) => {
    for (const reader of [() => new AnswerUsage(), () => new ResponseUsage(), () => new MessageUsage()]) {
      expect(through(reader(), Buffer.from(text), [2], false).reading.usage).toBeNull();
      expect(through(reader(), Buffer.from(`data: ${text}\n\n`), [5], true).reading.usage).toBeNull();
    }
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('is read from a %s stream, whose bytes stay compressed', async (encoding, compress) => {
    const bytes = compress(sse('\n', ...chat, last, '[DONE]'));
    const reader = new AnswerUsage();
    const shown: Buffer[] = [];
    await new Promise<void>((done) => {
      const tap = new DecodingTap(encoding, createTap(reader, true, false), done);
      for (const chunk of cut(bytes, [7, 50])) shown.push(tap.push(chunk));
      tap.end();
    });
    expect(Buffer.concat(shown).equals(bytes)).toBe(true);
    expect(reader.reading().usage).toEqual(usage);
  });

  it('survives a compressed answer that is broken', async () => {
    const reader = new AnswerUsage();
    await new Promise<void>((done) => {
      const tap = new DecodingTap('gzip', createTap(reader, false, false), done);
      tap.push(Buffer.from('this is not gzip'));
      tap.push(Buffer.from('neither is this'));
      tap.end();
    });
    expect(reader.reading().usage).toBeNull();
  });
});
