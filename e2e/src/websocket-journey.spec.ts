import { connect } from 'node:net';
import { type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import { mintParticipantToken, parseApiKey } from '@llm-proxy/shared-auth';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { ResponsesServerEvent } from 'openai/resources/responses/responses';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { type ClientOptions, WebSocket } from 'ws';
import { api, expectBill } from './bill.js';
import { type System, startSystem } from './system.js';
import { until } from './until.js';

const UPSTREAM_KEY = 'sk-upstream-openai-0123456789';
const USAGE = { input_tokens: 2_000, input_tokens_details: { cached_tokens: 1_500 }, output_tokens: 300 };

/** Each journey bills under an annotation of its own. */
const tagged = (journey: string, control: Parameters<typeof simulatorHeaders>[0] = {}) => ({ ...simulatorHeaders(control), 'x-meshagent-annotation-journey': journey });
const ofJourney = (journey: string) => ({ annotations: JSON.stringify({ journey }) });

describe('WebSockets on the running system', () => {
  let simulator: ProviderSimulator;
  let system: System;
  let openai: OpenAI;
  const socketUrl = (path: string) => system.baseUrl.replace('http', 'ws') + path;
  /** This client speaks TLS whatever the base URL says; the system under test has none in front of it. */
  const plainConnection = (): ClientOptions => ({ createConnection: () => connect(system.port, '127.0.0.1') }) as ClientOptions;
  const providerSocketOf = (client: string) => simulator.sockets.find(({ headers }) => headers['user-agent'] === client);

  beforeAll(async () => {
    simulator = await startProviderSimulator({ apiKeys: { openai: UPSTREAM_KEY } });
    system = await startSystem({ env: { OPENAI_API_KEY: UPSTREAM_KEY, OPENAI_BASE_URL: simulator.openAiBaseUrl } });
    const client = await system.variables();
    openai = new OpenAI({ baseURL: client['OPENAI_BASE_URL']!, apiKey: client['OPENAI_API_KEY']!, maxRetries: 0 });
  });
  afterAll(async () => {
    await system?.dispose();
    await simulator?.close();
  });

  it('the official Responses client: three turns on one socket, each billed', async () => {
    const socket = new ResponsesWS(openai, { headers: tagged('responses-ws', { usage: USAGE }) });
    const completed: ResponsesServerEvent[] = [];
    socket.on('error', (error) => {
      throw error;
    });
    socket.on('response.completed', (event) => {
      completed.push(event);
      if (completed.length < 3) socket.send({ type: 'response.create', model: 'gpt-5.4', input: 'again' });
      else socket.close({ code: 1000, reason: 'done' });
    });
    const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
    socket.send({ type: 'response.create', model: 'gpt-5.4', input: 'hello' });
    expect(await closed).toBe(1000);
    expect(completed).toHaveLength(3);
    await expectBill(system, ofJourney('responses-ws'), [
      'gpt-5.4 cached_tokens 4500 1125000',
      'gpt-5.4 input_tokens 1500 3750000',
      'gpt-5.4 output_tokens 900 13500000',
      'gpt-5.4 llm_proxy_surcharge 3 918750',
    ]);
  });

  it('an image made inside an answer is charged beside it, as over HTTP', async () => {
    const imageToolUsage = { input_tokens: 30, output_tokens: 200, input_tokens_details: { text_tokens: 20, image_tokens: 10 } };
    const socket = new ResponsesWS(openai, { headers: tagged('image-tool-ws', { usage: { input_tokens: 100, output_tokens: 10 }, imageToolUsage }) });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('response.completed', () => socket.close({ code: 1000, reason: 'done' }));
    socket.send({ type: 'response.create', model: 'gpt-5.6', input: 'draw' });
    await closed;
    await expectBill(system, ofJourney('image-tool-ws'), [
      'gpt-5.6 input_tokens 120 480000',
      'gpt-5.6 output_tokens 10 200000',
      'gpt-5.6 image_input_tokens 10 80000',
      'gpt-5.6 image_output_tokens 200 6000000',
      'gpt-5.6 llm_proxy_surcharge 1 338000',
    ]);
  });

  it('the official Realtime client: a spoken question, its transcript and an answer', async () => {
    const usage = {
      input_tokens: 1_000,
      input_token_details: { text_tokens: 400, audio_tokens: 600, cached_tokens: 0 },
      output_tokens: 200,
      output_token_details: { text_tokens: 50, audio_tokens: 150 },
    };
    const transcriptionUsage = { type: 'tokens', input_tokens: 100, input_token_details: { audio_tokens: 100, text_tokens: 0 }, output_tokens: 10, total_tokens: 110 };
    const socket = new OpenAIRealtimeWS({ model: 'gpt-realtime', options: { headers: tagged('realtime', { usage, transcriptionUsage }), ...plainConnection() } }, openai);
    socket.on('session.created', () => {
      socket.send({ type: 'session.update', session: { type: 'realtime', audio: { input: { transcription: { model: 'gpt-4o-mini-transcribe' } } } } });
    });
    socket.on('session.updated', () => {
      socket.send({ type: 'input_audio_buffer.append', audio: Buffer.alloc(200_000, 7).toString('base64') });
      socket.send({ type: 'input_audio_buffer.commit' });
      socket.send({ type: 'response.create' });
    });
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('response.done', () => resolve());
    });
    socket.close();
    await expectBill(system, ofJourney('realtime'), [
      'gpt-4o-mini-transcribe audio_input_tokens 100 125000',
      'gpt-4o-mini-transcribe llm_proxy_surcharge 1 8750',
      'gpt-4o-mini-transcribe output_tokens 10 50000',
      'gpt-realtime audio_input_tokens 600 19200000',
      'gpt-realtime audio_output_tokens 150 9600000',
      'gpt-realtime input_tokens 400 1600000',
      'gpt-realtime llm_proxy_surcharge 1 1560000',
      'gpt-realtime output_tokens 50 800000',
    ]);
  });

  it('Codex: a prewarm, the turn, the subprotocol-free handshake with its headers, and 1006 at the end', async () => {
    const socket = new WebSocket(socketUrl('/openai/v1/responses'), {
      headers: {
        ...tagged('codex'),
        authorization: `Bearer ${system.apiKey}`,
        'meshagent-project-id': system.projectId,
        'openai-beta': 'responses_websockets=2026-02-06',
        'user-agent': 'codex_exec/0.169.0',
        'x-codex-turn-metadata': '{"cwd":"somewhere"}',
      },
    });
    const types: string[] = [];
    const create = { type: 'response.create', model: 'gpt-5.4', input: [], store: false, include: ['reasoning.encrypted_content'], client_metadata: { a: 'b' } };
    socket.on('open', () => socket.send(JSON.stringify({ ...create, generate: false })));
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data)) as { type: string };
      types.push(type);
      if (type !== 'response.completed') return;
      if (types.filter((seen) => seen === type).length === 2) socket.terminate();
      else socket.send(JSON.stringify({ ...create, x_simulator: { usage: USAGE } }));
    });
    await new Promise<void>((resolve, reject) => void socket.on('error', reject).on('close', () => resolve()));
    await until(() => providerSocketOf('codex_exec/0.169.0')?.closeCode === 1006);
    expect(providerSocketOf('codex_exec/0.169.0')!.headers).toMatchObject({ authorization: `Bearer ${UPSTREAM_KEY}`, 'openai-beta': 'responses_websockets=2026-02-06' });
    await expectBill(system, ofJourney('codex'), [
      'gpt-5.4 cached_tokens 1500 375000',
      'gpt-5.4 input_tokens 500 1250000',
      'gpt-5.4 output_tokens 300 4500000',
      'gpt-5.4 llm_proxy_surcharge 1 306250',
    ]);
  });

  it('a browser: a participant token in a subprotocol, in its room, billed to the participant', async () => {
    const { projectId, keyId, secret } = parseApiKey(system.apiKey)!;
    const grants = [
      { name: 'room', scope: system.room },
      { name: 'api', scope: { llm: { models: ['openai/gpt-realtime'] } } },
    ];
    const token = mintParticipantToken({ name: 'anna', sub: projectId, kid: keyId, grants }, secret);
    const socket = new WebSocket(socketUrl(`/rooms/${encodeURIComponent(system.room)}/openai/v1/realtime?model=gpt-realtime`), ['realtime', `openai-insecure-api-key.${token}`]);
    await new Promise<void>((resolve, reject) => void socket.on('error', reject).on('open', () => resolve()));
    expect(socket.protocol).toBe('realtime');
    socket.send(JSON.stringify({ type: 'response.create', x_simulator: { usage: { input_tokens: 10, input_token_details: { text_tokens: 10 }, output_tokens: 0, output_token_details: { text_tokens: 0 } } } }));
    await expectBill(system, { usage_type: 'input_tokens', users: 'anna' }, ['gpt-realtime input_tokens 10 40000']);
    socket.close();
  });

  it('a turn that the provider cuts is billed by an estimate, and its sound is listed as unpriced', async () => {
    const headers = { ...tagged('cut-ws'), authorization: `Bearer ${system.apiKey}` };
    const socket = new WebSocket(socketUrl('/v1/realtime?model=gpt-realtime'), { headers });
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x'.repeat(400) }] } }));
      socket.send(JSON.stringify({ type: 'input_audio_buffer.append', audio: Buffer.alloc(3_000).toString('base64') }));
      socket.send(JSON.stringify({ type: 'response.create', x_simulator: { cutAfterChunks: 0 } }));
    });
    const code = await new Promise<number>((resolve, reject) => void socket.on('error', reject).on('close', resolve));
    expect(code).toBe(1006);
    await expectBill(system, ofJourney('cut-ws'), ['gpt-realtime input_tokens 100 400000', 'gpt-realtime llm_proxy_surcharge 1 20000']);
    const { OPERATOR_TOKEN } = await system.variables('operator.env');
    expect(await api(system, 'GET', '/accounts/sysadmin/unpriced', undefined, OPERATOR_TOKEN)).toMatchObject({ unpriced: [{ model: 'gpt-realtime', type: 'unestimated_audio_input_bytes' }] });
  });

  it.each([
    ['Bearer None', 401],
    ['', 401],
  ])('a handshake with the credential "%s" is refused with its reason', async (authorization, status) => {
    const socket = new WebSocket(socketUrl('/v1/responses'), { headers: { authorization } });
    const answer = await new Promise<{ status: number; message: unknown }>((resolve) => {
      socket.on('error', () => undefined);
      socket.on('unexpected-response', (_request, { statusCode, headers }) => resolve({ status: statusCode!, message: headers['x-meshagent-error-message'] }));
    });
    expect(answer).toEqual({ status, message: expect.stringMatching(/credential/) });
    socket.terminate();
  });

  it('a stop lets the answer under way end, and tells the client to come back', async () => {
    const socket = new WebSocket(socketUrl('/v1/responses'), { headers: { ...tagged('stop'), authorization: `Bearer ${system.apiKey}` } });
    const types: string[] = [];
    let stopping: Promise<number | null> | undefined;
    socket.on('open', () => socket.send(JSON.stringify({ type: 'response.create', model: 'gpt-5.4', input: '', x_simulator: { chunks: 20, chunkDelayMs: 20, usage: USAGE } })));
    socket.on('message', (data) => {
      types.push((JSON.parse(String(data)) as { type: string }).type);
      if (types.length === 2) stopping = system.stop();
    });
    const code = await new Promise<number>((resolve, reject) => void socket.on('error', reject).on('close', resolve));
    expect([code, types.at(-1)]).toEqual([1012, 'response.completed']);
    expect(await stopping).toBe(0);
    const next = await startSystem({ dataDir: system.dataDir, port: system.port });
    try {
      await expectBill(next, { ...ofJourney('stop'), usage_type: 'input_tokens' }, ['gpt-5.4 input_tokens 500 1250000']);
    } finally {
      await next.dispose();
    }
  });
});
