import { jest } from '@jest/globals';
import { type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import { WebSocket } from 'ws';
import { create, isEnd, isType, opened, receive, refusedWith, type SocketGateway, startSocketGateway, until, USAGE } from './socket-gateway.suite.js';

const PROVIDER_KEY = 'sk-upstream-0123456789';

describe('WebSockets through the gateway', () => {
  let simulator: ProviderSimulator;
  let gateway: SocketGateway;
  const lastSocket = () => simulator.sockets.at(-1)!;

  beforeAll(async () => {
    simulator = await startProviderSimulator({ apiKeys: { openai: PROVIDER_KEY } });
    gateway = await startSocketGateway({ providerUrl: simulator.openAiBaseUrl, providerKey: PROVIDER_KEY });
  });
  afterAll(async () => {
    await gateway?.close();
    await simulator?.close();
  });
  beforeEach(() => void (gateway.events.length = 0));

  describe('the handshake', () => {
    it.each(['/v1/responses', '/openai/v1/responses', '/openai/v1/realtime?model=gpt-realtime', '/rooms/lab/openai/v1/realtime?model=gpt-realtime'])('%s opens', async (path) => {
      gateway.source.rooms.set('lab', { id: '7d1f2f5e-70c5-4bb6-93c8-3b8e7c7b1a11', name: 'lab', enabled: true } as never);
      const socket = gateway.connect(path, { 'openai-beta': 'responses_websockets=2026-02-06', 'x-meshagent-annotation-team': 'a', origin: 'https://page.example', cookie: 'a=b' });
      await opened(socket);
      const { url, headers } = lastSocket();
      expect(url).toBe(path.replace(/^.*(?=\/v1\/)/, ''));
      expect(headers).toMatchObject({ authorization: `Bearer ${PROVIDER_KEY}`, 'openai-beta': 'responses_websockets=2026-02-06' });
      expect(Object.keys(headers).filter((name) => /^(x-meshagent|meshagent|cookie|origin|sec-websocket-protocol|sec-websocket-extensions)/.test(name))).toEqual([]);
      socket.close();
    });

    it('passes the headers of the provider’s answer on, and names the request', async () => {
      const socket = gateway.connect('/v1/responses');
      const headers = new Promise<NodeJS.Dict<string | string[]>>((resolve) => socket.once('upgrade', (answer) => resolve(answer.headers)));
      await opened(socket);
      expect(await headers).toMatchObject({ 'x-request-id': expect.stringMatching(/^req_/), 'x-meshagent-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) });
      socket.close();
    });

    it.each([
      ['no credential', '/v1/responses', { authorization: '' }, 401, /No credential/],
      ['an unknown credential', '/v1/responses', { authorization: 'Bearer None' }, 401, /credential/],
      ['another path', '/openai/v1/chat/completions', {}, 400, /^Unsupported OpenAI websocket path '\/v1\/chat\/completions'\.$/],
      ['a provider without WebSocket', '/anthropic/v1/messages', {}, 400, /^Unsupported Anthropic websocket path/],
      ['no model', '/v1/realtime', {}, 400, /model/],
      ['two models', '/v1/realtime?model=gpt-realtime&model=gpt-x', {}, 400, /model/],
      ['a model without price', '/v1/realtime?model=gpt-unknown', {}, 400, /gpt-unknown/],
      ['a room that does not exist', '/rooms/nowhere/openai/v1/responses', {}, 404, /nowhere/],
    ])('is refused before the upgrade: %s', async (_what, path, headers, status, message) => {
      const before = simulator.sockets.length;
      const refused = await refusedWith(gateway.connect(path, headers));
      expect(refused.status).toBe(status);
      expect(refused.headers['x-meshagent-error-message']).toMatch(message);
      expect(refused.headers['content-type']).toBe('application/json');
      expect((refused.body['error'] as { message: string }).message).toMatch(message);
      expect(simulator.sockets).toHaveLength(before);
    });

    it.each(['sec-websocket-version', 'sec-websocket-key'])('is refused with a wrong %s', async (header) => {
      const answer = await fetchUpgrade(gateway, { [header]: '8' });
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    });

    it('leaves a request that offers another upgrade an ordinary request', async () => {
      expect(await fetchUpgrade(gateway, { upgrade: 'h2c' })).toMatch(/an ordinary request/);
    });

    it.each([401, 429, 426, 500])('passes the provider’s %i on', async (status) => {
      const refused = await refusedWith(gateway.connect('/v1/responses', simulatorHeaders({ status, error: { error: { message: 'not now' } }, retryAfterSeconds: 7 })));
      expect([refused.status, refused.body, refused.headers['retry-after']]).toEqual([status, { error: { message: 'not now' } }, '7']);
    });

    it('is refused while usage cannot be recorded, and for a project without credits', async () => {
      gateway.recording.canRecord = false;
      expect(await refusedWith(gateway.connect('/v1/responses'))).toMatchObject({ status: 503 });
      gateway.recording.canRecord = true;
      const without = await startSocketGateway({ providerUrl: simulator.openAiBaseUrl, providerKey: PROVIDER_KEY });
      without.source.projects.set(without.projectId, { ...without.policy, enabled: false });
      const refused = await refusedWith(without.connect('/v1/responses'));
      expect([refused.status, refused.headers['x-meshagent-error-message']]).toEqual([402, 'Your account is out of credits. Add credits to continue.']);
      await without.close();
    });
  });

  describe('turns', () => {
    it('bills each turn once, to whom it belongs', async () => {
      const socket = gateway.connect('/v1/responses', { 'user-agent': 'codex/1', 'meshagent-on-behalf-of': 'ben', 'x-meshagent-annotation-team': 'blue' });
      const received = receive(socket);
      await opened(socket);
      socket.send(create({ service_tier: 'flex', x_simulator: { usage: USAGE, repeatEnd: true, serviceTier: 'default', model: 'gpt-5.4-2026-03-05' } }));
      await received.message(isEnd);
      socket.send(create({ response: { model: 'gpt-5.4' }, x_simulator: { usage: { input_tokens: 7 } } }));
      await until('two turns', () => gateway.events.length === 2);
      socket.close();
      const [first, second] = gateway.events.map(({ data }) => data);
      expect(first).toMatchObject({
        provider: 'openai',
        endpoint: '/v1/responses',
        transport: 'websocket',
        requestModel: 'gpt-5.4',
        responseModel: 'gpt-5.4-2026-03-05',
        requestServiceTier: 'flex',
        responseServiceTier: 'default',
        usage: USAGE,
        measurement: 'exact',
        outcome: 'completed',
        providerRequestId: expect.stringMatching(/^req_/),
        attribution: { projectId: gateway.projectId, credential: 'api_key', client: 'codex/1', onBehalfOf: 'ben', annotations: { team: 'blue' } },
      });
      expect(first!.timings.firstByteMs).toBeGreaterThan(0);
      expect(second).toMatchObject({ requestServiceTier: null, usage: { input_tokens: 7 } });
      expect(new Set(gateway.events.map(({ id }) => id)).size).toBe(2);
      expect((await received.closed).code).toBe(1005);
    });

    it('notes an event before the client gets the end of the answer, so that no kill in between loses it', async () => {
      const notedAtEnd: number[] = [];
      const { send } = WebSocket.prototype;
      const spy = jest.spyOn(WebSocket.prototype, 'send').mockImplementation(function (this: WebSocket, data, ...more) {
        if (String(data).includes('"response.completed"')) notedAtEnd.push(gateway.events.length);
        return (send as (...given: unknown[]) => void).call(this, data, ...more);
      });
      const socket = gateway.connect('/v1/responses');
      const received = receive(socket);
      await opened(socket);
      socket.send(create());
      await received.message(isEnd);
      spy.mockRestore();
      // Once sent by the provider, once by the gateway.
      expect(notedAtEnd).toEqual([0, 1]);
      socket.close();
    });

    it('a prewarm costs nothing unless the provider reports usage', async () => {
      const socket = gateway.connect('/v1/responses');
      const received = receive(socket);
      await opened(socket);
      socket.send(create({ generate: false }));
      await received.message(isEnd);
      socket.send(create({ generate: false, x_simulator: { usage: { input_tokens: 11 } } }));
      await until('an event', () => gateway.events.length > 0);
      expect(gateway.events.map(({ data }) => data.usage)).toEqual([expect.objectContaining({ input_tokens: 11 })]);
      socket.close();
    });

    it('Realtime: a turn and what transcribes the client, each with its model', async () => {
      const socket = gateway.connect('/v1/realtime?model=gpt-realtime');
      const received = receive(socket);
      await opened(socket);
      socket.send(JSON.stringify({ type: 'session.update', session: { type: 'realtime', audio: { input: { transcription: { model: 'gpt-4o-mini-transcribe' } } } } }));
      await received.message(isType('session.updated'));
      socket.send(JSON.stringify({ type: 'input_audio_buffer.append', audio: Buffer.alloc(30_000).toString('base64') }));
      socket.send(JSON.stringify({ type: 'input_audio_buffer.commit' }));
      socket.send(JSON.stringify({ type: 'response.create', x_simulator: { repeatEnd: true } }));
      await received.message(isType('response.done'));
      await until('two events', () => gateway.events.length === 2);
      expect(gateway.events.map(({ data }) => [data.requestModel, data.responseModel, data.usage?.['input_tokens']])).toEqual([
        ['gpt-4o-mini-transcribe', null, 20],
        ['gpt-realtime', 'gpt-realtime', 100],
      ]);
      socket.close();
    });

    it.each([
      ['an unpriced model', create({ model: 'gpt-unknown' }), 'unsupported_model'],
      ['an unpriced model inside', create({ model: undefined, response: { model: 'gpt-unknown' } }), 'unsupported_model'],
      ['an unpriced model beside a priced one', create({ response: { model: 'gpt-unknown' } }), 'unsupported_model'],
      ['an unpriced model behind an escape', '{"\\u0074ype":"response\\u002ecreate","m\\u006fdel":"gpt-unknown"}', 'unsupported_model'],
      ['no model', create({ model: undefined }), 'missing_model'],
      ['a model twice', '{"type":"response.create","model":"gpt-5.4","model":"gpt-unknown"}', 'duplicate_member'],
      ['a type twice', '{"type":"session.update","type":"response.create","model":"gpt-5.4"}', 'duplicate_member'],
      ['a tier without price', create({ service_tier: 'scale' }), 'unsupported_model'],
      ['malformed JSON', '{"type":"response.create","model":', 'invalid_json'],
    ])('a frame with %s is refused, is not forwarded, and the socket lives', async (_what, frame, code) => {
      const socket = gateway.connect('/v1/responses');
      const received = receive(socket);
      await opened(socket);
      socket.send(frame);
      socket.send(create());
      await received.message(isEnd);
      expect(received.texts()[0]).toEqual({ type: 'error', error: expect.objectContaining({ code, message: expect.any(String) }), status: 400 });
      expect(lastSocket().frames.map(({ data }) => data.toString())).toEqual([create()]);
      socket.close();
    });

    it('a binary frame that could be read as JSON is checked like any other', async () => {
      const socket = gateway.connect('/v1/responses');
      const received = receive(socket);
      await opened(socket);
      socket.send(Buffer.from(create({ model: 'gpt-unknown' })));
      socket.send(Buffer.from(`\uFEFF${create()}`, 'utf16le'));
      socket.send(Buffer.from([1, 2, 3]));
      await received.message(({ status }) => status === 400);
      await until('the harmless one', () => lastSocket().frames.length === 1);
      expect(lastSocket().frames).toEqual([{ data: Buffer.from([1, 2, 3]), binary: true }]);
      socket.close();
    });

    it('a transcription model without price, or that was not granted, is refused', async () => {
      const update = (model: string) => JSON.stringify({ type: 'session.update', session: { input_audio_transcription: { model } } });
      const token = gateway.tokenFor([{ name: 'room', scope: 'lab' }, { name: 'api', scope: { llm: { models: ['openai/gpt-realtime'] } } }]);
      for (const [credential, model, code] of [[gateway.apiKey, 'whisper-unknown', 'unsupported_model'], [token, 'gpt-4o-mini-transcribe', 'model_not_allowed']] as const) {
        const socket = gateway.connect('/v1/realtime?model=gpt-realtime', { authorization: `Bearer ${credential}` });
        const received = receive(socket);
        await opened(socket);
        socket.send(update(model));
        const { error } = (await received.message(isType('error'))) as { error: { code: string } };
        expect(error.code).toBe(code);
        expect(lastSocket().frames).toEqual([]);
        socket.close();
      }
    });

    const setEnabled = async (enabled: boolean) => {
      gateway.source.projects.set(gateway.projectId, { ...gateway.policy, enabled });
      const { heard } = gateway.source;
      gateway.source.announce(gateway.projectId);
      await until('the change', () => gateway.source.heard > heard);
    };

    it('Realtime: a project that runs out of credits is shown out after the turn, because the provider answers unasked', async () => {
      const socket = gateway.connect('/v1/realtime?model=gpt-realtime');
      const received = receive(socket);
      await opened(socket);
      socket.send(JSON.stringify({ type: 'response.create', x_simulator: { ping: 'wait' } }));
      socket.pause();
      await until('the frame', () => lastSocket().frames.length === 1);
      await setEnabled(false);
      socket.resume();
      expect(await received.message(isType('error'))).toMatchObject({ status: 402 });
      expect((await received.closed).code).toBe(1008);
      expect(gateway.events).toHaveLength(1);
      await setEnabled(true);
    });

    it('a project that runs out of credits gets the frame its clients know', async () => {
      const socket = gateway.connect('/v1/responses');
      const received = receive(socket);
      await opened(socket);
      await setEnabled(false);
      socket.send(create());
      expect(await received.message(isType('error'))).toEqual({
        type: 'error',
        error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'Your account is out of credits. Add credits to continue.' },
        status: 402,
      });
      await setEnabled(true);
      socket.close();
    });
  });

  describe('ends', () => {
    it.each([1000, 1001, 1011, 1013, 3000, 4999])('a provider that closes with %i', async (closeCode) => {
      const socket = gateway.connect('/v1/responses');
      const received = receive(socket);
      await opened(socket);
      socket.send(create({ x_simulator: { closeCode, usage: USAGE } }));
      expect(await received.closed).toEqual({ code: closeCode, reason: 'as dictated' });
      expect(gateway.events).toHaveLength(1);
    });

    it.each([1000, 1001, 3000, 4321])('a client that closes with %i', async (code) => {
      const socket = gateway.connect('/v1/responses');
      await opened(socket);
      socket.close(code, 'done');
      await until('the provider’s side', () => lastSocket().closeCode !== null);
      expect(lastSocket().closeCode).toBe(code);
    });

    it('a client that closes without a code, and one that just goes', async () => {
      for (const leave of ['close', 'terminate'] as const) {
        const socket = gateway.connect('/v1/responses');
        await opened(socket);
        socket[leave]();
        await until('the provider’s side', () => lastSocket().closeCode !== null);
        expect(lastSocket().closeCode).toBe(leave === 'close' ? 1005 : 1006);
      }
    });

    it('nothing is left behind, however the sockets end', async () => {
      const ends: (() => void)[] = [];
      for (let round = 0; round < 100; round++) {
        const control = [{ closeCode: 1000 }, { cutAfterChunks: 1 }, { status: 429 as const }, {}][round % 4]!;
        const socket = gateway.connect('/v1/responses', simulatorHeaders(control), [], { skipUTF8Validation: true });
        socket.on('error', () => undefined);
        socket.on('open', () => socket.send(create()));
        ends.push(() => (round % 3 === 0 ? socket.terminate() : socket.close()));
      }
      await until('some answers', () => gateway.events.length >= 20);
      for (const end of ends) end();
      await until('no connection of a client', async () => (await gateway.connections()) === 0);
      await until('no socket of the provider', () => simulator.sockets.every(({ closeCode }) => closeCode !== null));
    });
  });
});

/** One raw upgrade request; resolves with everything that comes back. */
const fetchUpgrade = async (gateway: SocketGateway, headers: Record<string, string>): Promise<string> => {
  const { connect } = await import('node:net');
  const { hostname, port } = new URL(gateway.url);
  const all = {
    host: 'x',
    connection: 'Upgrade, close',
    upgrade: 'websocket',
    authorization: `Bearer ${gateway.apiKey}`,
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  };
  const socket = connect(Number(port), hostname);
  socket.write(`GET /v1/responses HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};
