import { createHash } from 'node:crypto';
import Anthropic from '@anthropic-ai/sdk';
import { type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import OpenAI, { toFile } from 'openai';
import { versionFor } from './anthropic-version.js';
import { expectBill } from './bill.js';
import { type System, startSystem } from './system.js';

const SOUND = Buffer.alloc(300_000, 'sound');

type Control = Parameters<typeof simulatorHeaders>[0];
const tagged = (journey: string, control: Control = {}) => ({ headers: { ...simulatorHeaders(control), 'x-meshagent-annotation-journey': journey } });
const ofJourney = (journey: string) => ({ annotations: JSON.stringify({ journey }) });
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('everything the providers offer over HTTP', () => {
  let simulator: ProviderSimulator;
  let system: System;
  let openai: OpenAI;
  let anthropic: Anthropic;

  beforeAll(async () => {
    simulator = await startProviderSimulator();
    system = await startSystem({
      env: {
        OPENAI_API_KEY: 'sk',
        OPENAI_BASE_URL: simulator.openAiBaseUrl,
        ANTHROPIC_API_KEY: 'sk',
        ANTHROPIC_BASE_URL: simulator.anthropicBaseUrl,
        XAI_API_KEY: 'xai-upstream',
        GROK_BASE_URL: simulator.openAiBaseUrl,
        BATCH_LOOK_MS: '500',
      },
    });
    openai = new OpenAI({ baseURL: `${system.baseUrl}/openai/v1`, apiKey: system.apiKey, maxRetries: 0 });
    anthropic = new Anthropic({ baseURL: `${system.baseUrl}/anthropic`, apiKey: system.apiKey, maxRetries: 0 });
  });
  afterAll(async () => {
    await system?.dispose();
    await simulator?.close();
  });
  beforeEach(() => simulator.reset());
  /** What a test asked for: meanwhile the proxy may look after batches of the tests before. */
  const asked = () => simulator.requests.filter(({ method, url }) => method !== 'GET' || !url.startsWith('/v1/messages/batches'));

  const call = (path: string, init: RequestInit = {}) =>
    fetch(system.baseUrl + path, { ...init, headers: { authorization: `Bearer ${system.apiKey}`, ...versionFor(path), ...(init.headers as Record<string, string>) } });

  describe('responses', () => {
    it('compacted: billed; counted: free', async () => {
      const usage = { input_tokens: 1_000, output_tokens: 10 };
      const body = JSON.stringify({ model: 'gpt-5.4', input: 'hello' });
      const compacted = await call('/v1/responses/compact', { method: 'POST', body, headers: tagged('compact', { usage }).headers });
      expect(await compacted.json()).toMatchObject({ object: 'response.compaction' });
      const counted = await call('/openai/v1/responses/input_tokens', { method: 'POST', body, headers: tagged('compact').headers });
      expect(await counted.json()).toMatchObject({ object: 'response.input_tokens', input_tokens: 2 });
      await expectBill(system, ofJourney('compact'), ['gpt-5.4 input_tokens 1000 2500000', 'gpt-5.4 output_tokens 10 150000', 'gpt-5.4 llm_proxy_surcharge 1 132500']);
    });

    it.each([false, true])('with an image made inside (stream: %p): the tool is charged beside the answer', async (stream) => {
      const journey = `image-tool-${stream}`;
      const control = { usage: { input_tokens: 100, output_tokens: 10 }, imageToolUsage: { input_tokens: 30, output_tokens: 200, input_tokens_details: { text_tokens: 20, image_tokens: 10 } } };
      const body = JSON.stringify({ model: 'gpt-5.6', input: 'draw', stream });
      await (await call('/v1/responses', { method: 'POST', body, headers: tagged(journey, control).headers })).text();
      await expectBill(system, ofJourney(journey), [
        'gpt-5.6 input_tokens 120 480000',
        'gpt-5.6 output_tokens 10 200000',
        'gpt-5.6 image_input_tokens 10 80000',
        'gpt-5.6 image_output_tokens 200 6000000',
        'gpt-5.6 llm_proxy_surcharge 1 338000',
      ]);
    });
  });

  describe('audio', () => {
    it('speech by characters, an emoji being one', async () => {
      const answer = await openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Grüße 🌍' }, tagged('tts-1'));
      expect(await answer.text()).toBe('simulated sound');
      await expectBill(system, ofJourney('tts-1'), ['tts-1 input_characters 7 105000', 'tts-1 llm_proxy_surcharge 1 5250']);
    });

    it('speech by tokens: as reported in a stream, estimated otherwise', async () => {
      const body = { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'x'.repeat(900) } as const;
      await (await openai.audio.speech.create({ ...body, stream_format: 'sse' }, tagged('tts-sse', { usage: { input_tokens: 10, output_tokens: 0, output_tokens_details: { audio_tokens: 100 } } }))).text();
      await expectBill(system, ofJourney('tts-sse'), ['gpt-4o-mini-tts input_tokens 10 6000', 'gpt-4o-mini-tts audio_output_tokens 100 1200000', 'gpt-4o-mini-tts llm_proxy_surcharge 1 60300']);
      await (await openai.audio.speech.create(body, tagged('tts-sound'))).text();
      await expectBill(system, ofJourney('tts-sound'), ['gpt-4o-mini-tts input_tokens 225 135000', 'gpt-4o-mini-tts audio_output_tokens 1250 15000000', 'gpt-4o-mini-tts llm_proxy_surcharge 1 756750']);
    });

    it('transcription by tokens, streamed and not, and by the minute', async () => {
      const file = await toFile(SOUND, 'speech.wav');
      const answer = await openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file }, tagged('transcribe', { text: 'hello world!' }));
      expect(answer.text).toBe('hello world!');
      const stream = await openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file, stream: true }, tagged('transcribe', { text: 'hello world!' }));
      const events = [];
      for await (const event of stream) events.push(event.type);
      expect(events).toContain('transcript.text.done');
      await expectBill(system, ofJourney('transcribe'), ['gpt-4o-transcribe audio_input_tokens 180 450000', 'gpt-4o-transcribe output_tokens 6 60000', 'gpt-4o-transcribe llm_proxy_surcharge 2 25500']);

      await openai.audio.transcriptions.create({ model: 'whisper-1', file }, tagged('whisper'));
      await openai.audio.translations.create({ model: 'whisper-1', file, response_format: 'verbose_json' }, tagged('whisper', { usage: null }));
      await expectBill(system, ofJourney('whisper'), ['whisper-1 audio_minutes 0.3 1800000', 'whisper-1 llm_proxy_surcharge 2 90000']);
    });

    it.each(['text', 'srt', 'vtt'] as const)('a transcription as %s would hide its price, and is refused before anything goes upstream', async (response_format) => {
      const file = await toFile(SOUND, 'speech.wav');
      await expect(openai.audio.transcriptions.create({ model: 'whisper-1', file, response_format })).rejects.toThrow(/does not report what the call costs/);
      expect(asked().filter(({ outcome }) => outcome === 'answered')).toEqual([]);
    });

    const form = (...parts: [name: string, value: string | Buffer][]): { body: Buffer; type: string } => {
      const boundary = 'xXbOuNdArYXx';
      const pieces = parts.flatMap(([name, value]) => [
        Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${typeof value === 'string' ? '' : '; filename="f.wav"\r\nContent-Type: audio/wav'}\r\n\r\n`),
        Buffer.from(value),
        Buffer.from('\r\n'),
      ]);
      return { body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]), type: `multipart/form-data; boundary=${boundary}` };
    };
    const send = ({ body, type }: ReturnType<typeof form>) => call('/v1/audio/transcriptions', { method: 'POST', body, headers: { 'content-type': type } });

    it('a form goes upstream byte for byte, wherever its model stands', async () => {
      for (const parts of [form(['model', 'whisper-1'], ['file', SOUND]), form(['file', SOUND], ['prompt', 'x'.repeat(10_000)], ['model', 'whisper-1'])]) {
        simulator.reset();
        expect((await send(parts)).status).toBe(200);
        expect(sha(asked()[0]!.body)).toBe(sha(parts.body));
        expect(asked()[0]!.headers['content-length']).toBe(String(parts.body.length));
      }
    });

    it.each<[string, ReturnType<typeof form>, RegExp]>([
      ['no model', form(['file', SOUND]), /must name a model/],
      ['two models, the second after the file', form(['model', 'whisper-1'], ['file', SOUND], ['model', 'gpt-4o-transcribe']), /'model' twice/],
      ['a model in a file', form(['model', Buffer.from('whisper-1')], ['file', SOUND]), /'model' is a file/],
      ['a model without a price', form(['model', 'whisper-9'], ['file', SOUND]), /has no OpenAI price/],
      ['an unmeterable format after the file', form(['model', 'whisper-1'], ['file', SOUND], ['response_format', 'srt']), /does not report what the call costs/],
      ['an end in the middle', { ...form(['model', 'whisper-1'], ['file', SOUND]), body: form(['model', 'whisper-1'], ['file', SOUND]).body.subarray(0, 200_000) }, /not a valid multipart form/],
    ])('a form with %s is refused, and never reaches the provider whole', async (_name, parts, message) => {
      const response = await send(parts);
      expect([response.status, ((await response.json()) as { error: { message: string } }).error.message]).toEqual([400, expect.stringMatching(message)]);
      expect(asked().filter(({ outcome }) => outcome === 'answered')).toEqual([]);
    });
  });

  describe('images', () => {
    const usage = { input_tokens: 20, input_tokens_details: { text_tokens: 20, image_tokens: 0 }, output_tokens: 100 };
    const lines = (count: number) => [
      `gpt-image-1 input_tokens ${20 * count} ${100_000 * count}`,
      `gpt-image-1 image_output_tokens ${100 * count} ${4_000_000 * count}`,
      `gpt-image-1 llm_proxy_surcharge 1 ${205_000 * count}`,
    ];

    it('generated', async () => {
      const answer = await openai.images.generate({ model: 'gpt-image-1', prompt: 'a cat', n: 2 }, tagged('image', { usage }));
      expect(answer.data).toHaveLength(2);
      await expectBill(system, ofJourney('image'), lines(1));
    });

    it('generated in a stream, each image with its own usage', async () => {
      const stream = await openai.images.generate({ model: 'gpt-image-1', prompt: 'a cat', n: 2, stream: true }, tagged('image-stream', { usage }));
      for await (const event of stream) expect(event.type).toMatch(/^image_generation\./);
      await expectBill(system, ofJourney('image-stream'), lines(2));
    });

    it('edited, from a form', async () => {
      const image = await toFile(SOUND, 'cat.png', { type: 'image/png' });
      await openai.images.edit({ model: 'gpt-image-1', image, prompt: 'a dog' }, tagged('image-edit', { usage }));
      await expectBill(system, ofJourney('image-edit'), lines(1));
    });
  });

  describe('batches', () => {
    const usage = { input_tokens: 1_000, output_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
    const requests = (count: number, model = 'claude-sonnet-4-6') =>
      Array.from({ length: count }, (_, index) => ({ custom_id: `request-${index}`, params: { model, max_tokens: 5, messages: [{ role: 'user' as const, content: 'hello' }] } }));
    const lines = (count: number) => [
      `claude-sonnet-4-6 input_tokens_batch ${1_000 * count} ${1_500_000 * count}`,
      `claude-sonnet-4-6 output_tokens_batch ${100 * count} ${750_000 * count}`,
      `claude-sonnet-4-6 llm_proxy_surcharge ${count} ${112_500 * count}`,
    ];
    const results = async (id: string) => {
      const custom = [];
      for await (const result of await anthropic.messages.batches.results(id)) custom.push(result.custom_id);
      return custom;
    };

    it('are billed once for each result, at batch price, however often they are fetched', async () => {
      const batch = await anthropic.messages.batches.create({ requests: requests(3) }, tagged('batch', { usage }));
      expect((await anthropic.messages.batches.retrieve(batch.id)).results_url).toBe(`/v1/messages/batches/${batch.id}/results`);
      expect(await results(batch.id)).toEqual(['request-0', 'request-1', 'request-2']);
      expect(await results(batch.id)).toHaveLength(3);
      await expectBill(system, ofJourney('batch'), lines(3));
      const fetched = simulator.requests.length;
      expect(await results(batch.id)).toHaveLength(3);
      expect(simulator.requests.length).toBeGreaterThan(fetched);
      await expectBill(system, ofJourney('batch'), lines(3));
    });

    it('are billed when nobody fetches them', async () => {
      await anthropic.messages.batches.create({ requests: requests(2) }, tagged('batch-left', { usage, batchEndsAfterMs: 1_500 }));
      await expectBill(system, ofJourney('batch-left'), lines(2));
    });

    it('are billed before they are deleted', async () => {
      const batch = await anthropic.messages.batches.create({ requests: requests(1) }, tagged('batch-deleted', { usage }));
      expect(await anthropic.messages.batches.delete(batch.id)).toMatchObject({ id: batch.id });
      await expectBill(system, ofJourney('batch-deleted'), lines(1));
    });

    it('belong to the project that made them', async () => {
      const mine = await anthropic.messages.batches.create({ requests: requests(1) }, tagged('batch-mine', { usage }));
      const foreign = await new Anthropic({ baseURL: simulator.anthropicBaseUrl, apiKey: 'sk' }).messages.batches.create({ requests: requests(1) });
      const listed = (await anthropic.messages.batches.list()).data.map(({ id }) => id);
      expect(listed).toContain(mine.id);
      expect(listed).not.toContain(foreign.id);
      await expect(anthropic.messages.batches.retrieve(foreign.id)).rejects.toThrow(Anthropic.NotFoundError);
      await expect(anthropic.messages.batches.cancel(foreign.id)).rejects.toThrow(Anthropic.NotFoundError);
      expect(await anthropic.messages.batches.cancel(mine.id)).toMatchObject({ id: mine.id });
    });

    it.each<[string, unknown, RegExp]>([
      ['a model without a price in one request', { requests: [...requests(2), ...requests(1, 'claude-nobody-knows')] }, /'claude-nobody-knows' has no Anthropic price/],
      ['a request without a model', { requests: [{ custom_id: 'a', params: {} }] }, /must be an object whose 'params' name a model/],
      ['no requests', { requests: [] }, /must be an object whose 'params' name a model/],
      ['a request that names two models', '{"requests":[{"custom_id":"a","params":{"model":"claude-sonnet-4-6","model":"claude-opus-4-6"}}]}', /must be an object whose 'params' name a model/],
    ])('with %s are refused before anything goes upstream', async (_name, body, message) => {
      const response = await call('/anthropic/v1/messages/batches', { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
      expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(message)]);
      expect(asked().filter(({ method }) => method === 'POST')).toEqual([]);
    });
  });

  describe('Grok', () => {
    it('responses and messages, with the deployment’s key and its own prices', async () => {
      const grok = new OpenAI({ baseURL: `${system.baseUrl}/grok/v1`, apiKey: system.apiKey, maxRetries: 0 });
      await grok.responses.create({ model: 'grok-4.6', input: 'hello' }, tagged('grok', { usage: { input_tokens: 100, output_tokens: 10 } }));
      expect(asked().at(-1)!.headers.authorization).toBe('Bearer xai-upstream');
      const messages = new Anthropic({ baseURL: `${system.baseUrl}/grok`, apiKey: system.apiKey, maxRetries: 0 }).messages;
      await messages.create({ model: 'grok-4.6', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }, tagged('grok', { usage: { input_tokens: 100, output_tokens: 10, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 } }));
      await expectBill(system, ofJourney('grok'), ['grok-4.6 input_tokens 200 400000', 'grok-4.6 output_tokens 20 120000', 'grok-4.6 llm_proxy_surcharge 2 26000']);
      expect((await grok.models.list()).data.length).toBeGreaterThan(0);
    });
  });

  describe('clients as they are', () => {
    it('a look at the base URL needs no credential and is no call', async () => {
      for (const path of ['/anthropic', '/anthropic/', '/openai', '/grok', `/rooms/${system.room}/anthropic`]) {
        expect([path, (await fetch(system.baseUrl + path, { method: 'HEAD' })).status]).toEqual([path, 200]);
      }
      expect((await fetch(`${system.baseUrl}/anthropic/v1/models`, { method: 'HEAD' })).status).toBe(401);
      expect(asked()).toHaveLength(0);
    });

    it('HEAD is GET without the body', async () => {
      const response = await call('/v1/models', { method: 'HEAD' });
      expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, 'application/json', '']);
    });

    it('agents that name their version find `models` beside `data`; nobody else does', async () => {
      const plain = await (await call('/openai/v1/models')).text();
      const agent = await (await call('/openai/v1/models?client_version=0.169.0')).text();
      expect(JSON.parse(agent)).toEqual({ models: [], ...(JSON.parse(plain) as object) });
      expect(JSON.parse(plain)).not.toHaveProperty('models');
    });

    it('both credential headers at once', async () => {
      const body = JSON.stringify({ model: 'claude-sonnet-4-6', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] });
      const response = await call('/anthropic/v1/messages?beta=true', { method: 'POST', body, headers: { 'x-api-key': system.apiKey } });
      expect([response.status, asked()[0]!.url, asked()[0]!.headers['x-api-key']]).toEqual([200, '/v1/messages?beta=true', 'sk']);
    });

    it('fields and tools that nobody here knows go on as they are', async () => {
      const body = '{"model":"gpt-5.4","input":"x","tools":[{"type":"namespace","zzz":1e400}],"client_metadata":{"a":"\\u00e9"},"store":false , "new":[[]]}';
      expect((await call('/v1/responses', { method: 'POST', body })).status).toBe(200);
      expect(asked()[0]!.body.toString()).toBe(body);
    });

    it('headers that the provider repeats come back repeated', async () => {
      const response = await call('/v1/models', { headers: simulatorHeaders({ headers: { 'x-many': ['one', 'two'], link: ['<a>', '<b>'] } }) });
      expect([response.headers.get('x-many'), response.headers.get('link')]).toEqual(['one, two', '<a>, <b>']);
    });

    it('what would lead past the proxy is refused', async () => {
      for (const path of ['/v1/realtime/client_secrets', '/openai/v1/realtime/sessions', '/v1/realtime/calls', '/v1/realtime/calls/rtc_1/hangup']) {
        const response = await call(path, { method: 'POST', body: '{}' });
        expect([path, response.status, await response.text()]).toEqual([path, 400, expect.stringMatching(/past the proxy, unmetered/)]);
      }
      expect(asked()).toHaveLength(0);
    });
  });
});
