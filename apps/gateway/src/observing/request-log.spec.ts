import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { createLogger } from '@llm-proxy/platform-logging';
import { openai } from '../providers/openai/index.js';
import type { Call } from '../relay/call.js';
import { KeyEcho } from '../relay/key-echo.js';
import type { WatchedEnd } from '../relay/observer.js';
import { readRequestHead } from '../relay/request-head.js';
import { type LoggedDetail, RequestLog } from './request-log.js';

const PROVIDER_KEY = 'no-prefix-0123456789abcdef';

/** As far as the log looks at a call. */
const callOf = (body: string | Buffer | Readable): Call =>
  ({
    id: 'id',
    method: 'POST',
    route: { provider: openai },
    endpoint: openai.endpoints[0],
    head: readRequestHead(['Authorization', 'Bearer ma-secret', 'x-codex-turn-metadata', 'local', 'accept', '*/*', 'content-length', '19']),
    caller: { project: { policy: { projectId: 'project' } } },
    room: null,
    facts: { model: 'gpt-4.1', body: typeof body === 'string' ? Buffer.from(body) : body },
    upstream: { keyEcho: new KeyEcho(PROVIDER_KEY) },
  }) as unknown as Call;

const END: WatchedEnd = { outcome: 'completed', status: 200, requestWasSent: true, transport: 'http', reading: null, firstByteMs: 1.23456, durationMs: 2, endedAtMs: 0, providerRequestId: null, answerBytes: 5, refusal: null };

const logged = (detail: LoggedDetail, call: Call, chunks: (string | Buffer)[] = []): Record<string, unknown> => {
  const lines: string[] = [];
  const log = new RequestLog(createLogger('spec', 'info', { write: (line: string) => void lines.push(line) }), detail);
  const watch = log.forwarding(call);
  for (const chunk of chunks) watch.answerChunk?.(Buffer.from(chunk));
  watch.ended(END);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]!) as Record<string, unknown>;
};

test('a summary has no header and no body in it', () => {
  const line = logged('summary', callOf('{"model":"gpt-4.1"}'));
  expect(line).toMatchObject({ msg: 'call', requestId: 'id', route: '/v1/chat/completions', status: 200, project: 'project', firstByteMs: 1.235, requestBytes: 19, answerBytes: 5 });
  expect(Object.keys(line).filter((name) => /header|body/i.test(name))).toEqual([]);
});

test.each([
  ['its length, when the caller told it', callOf(Readable.from(['form'])), 19],
  ['no length, when nobody knows it', { ...callOf(Readable.from(['form'])), head: readRequestHead([]) }, null],
])('a form is not read by the log: %s', (_what, call, requestBytes) => {
  expect(logged('bodies', call, ['ok'])).toMatchObject({ requestBytes, requestBody: '(a form, not kept)', answerBody: 'ok' });
  expect((call.facts.body as Readable).readableDidRead).toBe(false);
});

describe('with bodies', () => {
  test('both bodies and the headers are shown, credentials are not', () => {
    const line = logged('bodies', callOf('{"key":"sk-0123456789"}'), ['{"error":"bad key no-prefix-012', '3456789abcdef"}']);
    expect(line).toMatchObject({
      requestHeaders: { accept: '*/*', 'x-codex-turn-metadata': '***REDACTED***' },
      requestBody: '{"key":"***REDACTED***"}',
      answerBody: '{"error":"bad key ***REDACTED***"}',
    });
    expect(line['requestHeaders']).not.toHaveProperty('authorization');
  });

  test('a character that is cut by the network is whole', () => {
    const bytes = Buffer.from('grün');
    expect(logged('bodies', callOf(''), [bytes.subarray(0, 3), bytes.subarray(3)])['answerBody']).toBe('grün');
  });

  test('long bodies are cut, and a key across the cut does not show', () => {
    const long = `${'x'.repeat(127_990)} sk-0123456789abcdefghijklmnop ${'y'.repeat(1_000_000)}`;
    const line = logged('bodies', callOf(long), [long.slice(0, 60_000), long.slice(60_000, 128_000), long.slice(128_000)]);
    for (const body of [line['requestBody'], line['answerBody']] as string[]) {
      expect(body.length).toBe(128_000 + '… (cut)'.length);
      expect(body).not.toContain('sk-');
    }
  });

  test('bytes that are no text are not shown', () => {
    expect(logged('bodies', callOf(Buffer.from([0xff, 0xfe, 0, 1])), ['ok'])).toMatchObject({ requestBody: '(not text)', answerBody: 'ok' });
  });
});
