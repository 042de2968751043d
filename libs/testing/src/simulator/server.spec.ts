import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { constants, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { simulatorHeaders, type SimulatorControl } from './control.js';
import { MAX_BODY_BYTES } from './read-request.js';
import { type ProviderSimulator, startProviderSimulator } from './server.js';

let simulator: ProviderSimulator;

beforeAll(async () => {
  simulator = await startProviderSimulator();
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const question = { model: 'gpt-4.1', messages: [{ role: 'user', content: 'Grüße 🌍' }] };

const ask = (control: SimulatorControl, fields: object = {}): Promise<Response> =>
  fetch(`${simulator.openAiBaseUrl}/chat/completions`, {
    method: 'POST',
    headers: simulatorHeaders(control),
    body: JSON.stringify({ ...question, ...fields }),
  });

const textOf = (stream: string): string =>
  [...stream.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => (JSON.parse(data!) as { choices: { delta: { content?: string } }[] }).choices[0]!.delta.content ?? '').join('');

/** The body as the HTTP chunks it came in, also when it breaks off. */
const rawAnswer = async (control: SimulatorControl, fields: object): Promise<{ chunks: Buffer[]; isWhole: boolean }> => {
  const request = httpRequest(`${simulator.openAiBaseUrl}/chat/completions`, { method: 'POST', headers: simulatorHeaders(control) });
  request.end(JSON.stringify({ ...question, ...fields }));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  // Iteration would join what has arrived already; events do not.
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('error', () => undefined);
  await new Promise((resolve) => response.once('close', resolve));
  return { chunks, isWhole: response.complete };
};

const rawChunks = async (control: SimulatorControl, fields: object): Promise<Buffer[]> => (await rawAnswer(control, fields)).chunks;

const settled = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

describe('the wire', () => {
  const text = 'Grüße an die 世界 🌍🌍';

  it('splits the bytes as told, and the pieces make up the same text', async () => {
    const chunks = await rawChunks({ text, splitBytes: 3 }, { stream: true });
    expect(chunks.slice(0, -1).every((chunk) => chunk.length === 3)).toBe(true);
    expect(textOf(Buffer.concat(chunks).toString())).toBe(text);
    const whole = await rawChunks({ text, splitBytes: 5 }, {});
    expect(whole.length).toBeGreaterThan(10);
    expect(JSON.parse(Buffer.concat(whole).toString())).toMatchObject({ choices: [{ message: { content: text } }] });
  });

  it('sends one event a write', async () => {
    const chunks = await rawChunks({ text, chunks: 4 }, { stream: true });
    expect(chunks).toHaveLength(1 + 4 + 1 + 1);
    expect(chunks.every((chunk) => chunk.toString().endsWith('\n\n'))).toBe(true);
  });

  it('ends lines with CR LF when told so', async () => {
    const body = await (await ask({ text, crlf: true }, { stream: true })).text();
    expect(body.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(body.endsWith('data: [DONE]\r\n\r\n')).toBe(true);
  });

  it.each([{ stream: true }, { stream: false }])('compresses when told so: %p', async (fields) => {
    const plain = await (await ask({ text })).text();
    const response = await ask({ text, compress: 'gzip' }, fields);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    const body = await response.text();
    if (fields.stream) expect(textOf(body)).toBe(text);
    else expect(body).toHaveLength(plain.length);
  });

  it('cuts a compressed stream after the pieces it should still deliver', async () => {
    // fetch throws away what it has not decompressed yet when the connection ends.
    const { chunks, isWhole } = await rawAnswer({ chunks: 5, cutAfterChunks: 2, compress: 'gzip' }, { stream: true });
    expect(isWhole).toBe(false);
    const body = gunzipSync(Buffer.concat(chunks), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
    expect(textOf(body)).toBe('This is');
  });

  it('waits before the first byte and between chunks', async () => {
    const start = performance.now();
    const response = await ask({ firstByteDelayMs: 60, chunkDelayMs: 20, text, chunks: 2 }, { stream: true });
    const headersMs = performance.now() - start;
    await response.text();
    const bodyMs = performance.now() - start - headersMs;
    // Timers may fire a millisecond early.
    expect(headersMs).toBeGreaterThan(58);
    expect(bodyMs).toBeGreaterThan(4 * 18);
  });
});

describe('requests', () => {
  it('are recorded with their very bytes and headers', async () => {
    const body = '{ "model": "gpt-4.1",\n "messages": [{"role":"user","content":"x"}] }';
    await fetch(`${simulator.openAiBaseUrl}/chat/completions?trace=1`, { method: 'POST', headers: { 'x-own': 'yes' }, body });
    await settled(() => simulator.requests[0]!.outcome !== 'pending');
    expect(simulator.requests).toHaveLength(1);
    expect(simulator.requests[0]).toMatchObject({ provider: 'openai', method: 'POST', url: '/v1/chat/completions?trace=1', outcome: 'answered' });
    expect(simulator.requests[0]!.headers['x-own']).toBe('yes');
    expect(simulator.requests[0]!.body.toString()).toBe(body);
  });

  it('are kept up to a number, the newest ones', async () => {
    const small = await startProviderSimulator({ recordedRequests: 2 });
    for (const id of ['a', 'b', 'c']) await fetch(`${small.openAiBaseUrl}/models/${id}`);
    expect(small.requests.map(({ url }) => url)).toEqual(['/v1/models/b', '/v1/models/c']);
    await small.close();
  });

  it('that equal an earlier one get an answer of their own', async () => {
    const one = (await (await ask({})).json()) as { id: string };
    const two = (await (await ask({})).json()) as { id: string };
    expect(one.id).not.toBe(two.id);
  });

  it('whose caller goes away are given up', async () => {
    const abort = new AbortController();
    const response = await fetch(`${simulator.openAiBaseUrl}/chat/completions`, {
      method: 'POST',
      headers: simulatorHeaders({ chunkDelayMs: 600_000 }),
      body: JSON.stringify({ ...question, stream: true }),
      signal: abort.signal,
    });
    expect(response.status).toBe(200);
    expect(simulator.requests[0]!.outcome).toBe('pending');
    abort.abort();
    await settled(() => simulator.requests[0]!.outcome === 'client-gone');
  });

  it('larger than the limit are refused', async () => {
    const response = await fetch(`${simulator.openAiBaseUrl}/chat/completions`, { method: 'POST', body: Buffer.alloc(MAX_BODY_BYTES + 1, ' ') });
    expect(response.status).toBe(413);
  });
});

describe('refusals', () => {
  it.each([
    ['no JSON', 400, 'POST', '/v1/chat/completions', {}, '{"model":'],
    ['no object', 400, 'POST', '/v1/chat/completions', {}, '[]'],
    ['no body', 400, 'POST', '/v1/embeddings', {}, undefined],
    ['another method', 405, 'GET', '/v1/chat/completions', {}, undefined],
    ['another path', 404, 'POST', '/v1/nothing', {}, '{}'],
    ['an id that cannot be decoded', 404, 'GET', '/v1/models/%E0%A4%A', {}, undefined],
    ['a control that is not JSON', 400, 'GET', '/v1/models', { 'x-simulator': '{' }, undefined],
    ['a control with an unknown field', 400, 'GET', '/v1/models', { 'x-simulator': '{"chunk":3}' }, undefined],
  ])('%s: %i', async (_, status, method, path, headers, body) => {
    const request: RequestInit = { method, headers: headers as Record<string, string>, body };
    const response = await fetch(simulator.url + path, request);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String), type: 'invalid_request_error' } });
  });

  it('sends a dictated text as it is', async () => {
    const response = await ask({ status: 502, error: '<h1>Bad gateway</h1>' });
    expect(response.status).toBe(502);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toBe('<h1>Bad gateway</h1>');
  });
});

describe('close', () => {
  it('ends connections that wait, and can be called twice', async () => {
    const own = await startProviderSimulator();
    const waiting = fetch(`${own.openAiBaseUrl}/models`, { headers: simulatorHeaders({ firstByteDelayMs: 600_000 }) });
    waiting.catch(() => undefined);
    await settled(() => own.requests.length === 1);
    await Promise.all([own.close(), own.close()]);
    await own.close();
    await expect(waiting).rejects.toThrow();
    await expect(fetch(own.url)).rejects.toThrow();
  });

  it('says when the port is taken', async () => {
    await expect(startProviderSimulator({ port: Number(new URL(simulator.url).port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
