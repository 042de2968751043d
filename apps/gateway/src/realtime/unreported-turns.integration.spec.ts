import { loadPriceBook, priceUsage } from '@llm-proxy/pricing';
import { type ProviderSimulator, startProviderSimulator } from '@llm-proxy/testing';
import type { UsageEvent } from '@llm-proxy/usage-schema';
import { WebSocket } from 'ws';
import { create, isEnd, isType, opened, receive, type Received, type SocketGateway, startDictatedProvider, startSocketGateway, until, USAGE } from './socket-gateway.suite.js';

const PROVIDER_KEY = 'sk-upstream-0123456789';
/** Cut points. */
const twenty = Array.from({ length: 20 }, (_, index) => index);

describe('turns that broke off', () => {
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

  const ASKED = 'x'.repeat(400);
  const ESTIMATED = { transport: 'websocket', measurement: 'estimated', status: 101, providerRequestId: expect.stringMatching(/^req_/) };
  const writtenIn = (received: Received): string =>
    received
      .texts()
      .filter(isType('response.output_text.delta'))
      .map(({ delta }) => delta as string)
      .join('');
  const control = { chunks: 20, usage: USAGE };

  it.each(twenty)('a provider that is cut off after %i pieces: every frame so far, then 1006, and an estimate of what arrived', async (cutAfterChunks) => {
    const socket = gateway.connect('/v1/responses', { 'x-meshagent-annotation-team': 'blue' });
    const received = receive(socket);
    await opened(socket);
    socket.send(create({ service_tier: 'flex', input: ASKED, x_simulator: { ...control, cutAfterChunks } }));
    expect((await received.closed).code).toBe(1006);
    expect(received.texts().filter(isType('response.output_text.delta'))).toHaveLength(cutAfterChunks);
    const usage = { input_tokens: ASKED.length / 4, output_tokens: Math.ceil(writtenIn(received).length / 4) };
    const event = { ...ESTIMATED, outcome: 'upstream_interrupted', requestModel: 'gpt-5.4', requestServiceTier: 'flex', usage, attribution: { annotations: { team: 'blue' } } };
    expect(gateway.events.map(({ data }) => data)).toMatchObject([event]);
  });

  it('a provider that is cut off in the second turn: the first as reported, the second estimated', async () => {
    const socket = gateway.connect('/v1/responses');
    const received = receive(socket);
    await opened(socket);
    socket.send(create({ x_simulator: { usage: USAGE, exactUsage: true, repeatEnd: true } }));
    await received.message(isEnd);
    socket.send(create({ input: ASKED, x_simulator: { cutAfterChunks: 0 } }));
    await received.closed;
    expect(gateway.events.map(({ data }) => [data.measurement, data.usage])).toEqual([
      ['exact', USAGE],
      ['estimated', { input_tokens: 100, output_tokens: 0 }],
    ]);
  });

  it.each([0, 1, 7, 19])('Realtime: a provider that is cut off after %i pieces: text is estimated, and sound named without a price', async (cutAfterChunks) => {
    const socket = gateway.connect('/v1/realtime?model=gpt-realtime');
    const received = receive(socket);
    await opened(socket);
    socket.send(JSON.stringify({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: ASKED }] } }));
    socket.send(JSON.stringify({ type: 'input_audio_buffer.append', audio: Buffer.alloc(30_000).toString('base64') }));
    socket.send(JSON.stringify({ type: 'response.create', x_simulator: { ...control, cutAfterChunks } }));
    expect((await received.closed).code).toBe(1006);
    const usage = { input_tokens: 100, output_tokens: Math.ceil(writtenIn(received).length / 4), unestimated_audio_input_bytes: 30_000 };
    expect(gateway.events.map(({ data }) => data)).toMatchObject([{ ...ESTIMATED, outcome: 'upstream_interrupted', requestModel: 'gpt-realtime', responseModel: 'gpt-realtime', usage }]);
    const [{ data }] = gateway.events as [UsageEvent];
    const priced = priceUsage(loadPriceBook().newest, data, { surchargeBasisPoints: 0 });
    expect(priced).toMatchObject({ status: 'priced', pricing: { unpricedTypes: ['unestimated_audio_input_bytes'] } });
  });

  it('Realtime: a turn of nothing but sound cannot be priced, and so is set aside', async () => {
    const socket = gateway.connect('/v1/realtime?model=gpt-realtime');
    const received = receive(socket);
    await opened(socket);
    socket.send(JSON.stringify({ type: 'input_audio_buffer.append', audio: Buffer.alloc(30_000).toString('base64') }));
    socket.send(JSON.stringify({ type: 'response.create', x_simulator: { cutAfterChunks: 0 } }));
    await received.closed;
    const [{ data }] = gateway.events as [UsageEvent];
    const reason = expect.stringContaining('unestimated_audio_input_bytes') as unknown;
    expect(priceUsage(loadPriceBook().newest, data, { surchargeBasisPoints: 0 })).toEqual({ status: 'unpriceable', reason });
  });

  it('a whole answer that reports nothing is told of when the socket ends, a prewarm that reports nothing is not', async () => {
    const socket = gateway.connect('/v1/responses');
    const received = receive(socket);
    await opened(socket);
    socket.send(create({ x_simulator: { usage: null } }));
    await received.message(isEnd);
    socket.send(create({ generate: false, x_simulator: { closeCode: 1000 } }));
    await received.closed;
    expect(gateway.events.map(({ data }) => [data.outcome, data.measurement, data.usage])).toEqual([['completed', 'missing', null]]);
  });

  it.each(twenty)('a client that goes after %i more frames of an answer: it is read on and billed', async (frames) => {
    const socket = gateway.connect('/v1/responses');
    await opened(socket);
    socket.send(create({ x_simulator: { chunks: 20, exactUsage: true, usage: USAGE } }));
    let seen = 0;
    socket.on('message', () => ++seen === frames + 1 && socket.terminate());
    await until('the bill', () => gateway.events.length === 1);
    await until('the provider’s side', () => lastSocket().closeCode !== null);
    expect(gateway.events.map(({ data }) => [data.usage, data.measurement])).toEqual([[USAGE, 'exact']]);
  });
});

const QUESTION = JSON.stringify({ type: 'response.create', model: 'gpt-5.4', input: 'x'.repeat(40) });

describe('turns that somebody left', () => {
  let provider: Awaited<ReturnType<typeof startDictatedProvider>>;
  let gateway: SocketGateway;

  const start = async (onSocket: (socket: WebSocket) => void, afterDisconnectMs?: number) => {
    provider = await startDictatedProvider(onSocket);
    gateway = await startSocketGateway({ providerUrl: provider.url, providerKey: 'key', ...(afterDisconnectMs === undefined ? {} : { afterDisconnectMs }) });
  };
  afterEach(async () => {
    await gateway.close();
    provider.close();
  });
  const askedProvider = async () => {
    const socket = gateway.connect('/v1/responses');
    const received = receive(socket);
    await opened(socket);
    socket.send(QUESTION);
    return { socket, received };
  };
  const billed = () => gateway.events.map(({ data }) => [data.outcome, data.measurement, data.usage]);

  it('an answer that outlasts the stop is cut, and estimated before the stop is over', async () => {
    await start((socket) => void socket.on('message', () => socket.send('{"type":"response.created","response":{}}')));
    const { received } = await askedProvider();
    await received.message(({ type }) => type === 'response.created');
    await gateway.tunnels.drain(20);
    expect((await received.closed).code).toBe(1012);
    expect(billed()).toEqual([['upstream_interrupted', 'estimated', { input_tokens: 10, output_tokens: 0 }]]);
  });

  it('a client that goes in mid-answer: the provider’s pings are answered, the answer is read to its end and billed', async () => {
    let socketOfProvider: WebSocket | undefined;
    let ponged = false;
    let code = 0;
    await start((socket) => {
      socketOfProvider = socket;
      socket.on('close', (closeCode) => void (code = closeCode));
      socket.on('pong', () => void (ponged = true));
      socket.on('message', () => socket.send('{"type":"response.created","response":{}}'));
    });
    const { socket, received } = await askedProvider();
    await received.message(({ type }) => type === 'response.created');
    socket.terminate();
    await until('a pong that cannot be the client’s', () => {
      socketOfProvider!.ping();
      return ponged;
    });
    expect(code).toBe(0);
    socketOfProvider!.send('{"type":"response.completed","response":{"model":"gpt-5.4","usage":{"input_tokens":3}}}');
    await until('the provider’s side', () => code !== 0);
    expect(gateway.events.map(({ data }) => [data.outcome, data.usage])).toEqual([['client_disconnected', { input_tokens: 3 }]]);
  });

  it('a client that goes in mid-answer is waited for no longer than allowed', async () => {
    let code = 0;
    await start(
      (socket) => {
        socket.on('close', (closeCode) => void (code = closeCode));
        socket.on('message', () => socket.send('{"type":"response.created","response":{}}'));
      },
      50,
    );
    const { socket, received } = await askedProvider();
    await received.message(({ type }) => type === 'response.created');
    socket.terminate();
    await until('the provider’s side', () => code !== 0);
    expect(code).toBe(1006);
    expect(billed()).toEqual([['client_disconnected', 'estimated', { input_tokens: 10, output_tokens: 0 }]]);
  });

  it('nor for more bytes; what arrived after it went is estimated with the rest', async () => {
    await start((socket) => {
      socket.on('message', () => socket.send('{"type":"response.created","response":{}}'));
      socket.on('ping', () => {
        for (let piece = 0; piece < 8 && socket.readyState === WebSocket.OPEN; piece++) socket.send(JSON.stringify({ type: 'response.output_text.delta', delta: 'x'.repeat(400_000) }));
      });
    });
    const { socket, received } = await askedProvider();
    await received.message(({ type }) => type === 'response.created');
    socket.ping();
    socket.terminate();
    await until('a bill', () => gateway.events.length === 1);
    const [[outcome, measurement, usage]] = billed() as [[string, string, { output_tokens: number }]];
    expect([outcome, measurement]).toEqual(['client_disconnected', 'estimated']);
    expect(usage.output_tokens).toBeGreaterThanOrEqual(300_000);
  });

  it.each([0, 1, 5])('a client that goes after %i pieces, and the provider then hangs up: an estimate, once', async (pieces) => {
    let socketOfProvider: WebSocket | undefined;
    await start((socket) => {
      socketOfProvider = socket;
      socket.on('message', () => {
        socket.send('{"type":"response.created","response":{"id":"r"}}');
        for (let piece = 0; piece < pieces; piece++) socket.send('{"type":"response.output_text.delta","delta":"abcd"}');
        socket.send('{"type":"last"}');
      });
    });
    const { socket, received } = await askedProvider();
    await received.message(({ type }) => type === 'last');
    socket.terminate();
    await until('no client', async () => (await gateway.connections()) === 0);
    socketOfProvider!.terminate();
    await until('the end', () => gateway.tunnels.openSockets === 0);
    expect(billed()).toEqual([['client_disconnected', 'estimated', { input_tokens: 10, output_tokens: pieces }]]);
  });

  it('a provider that closes before it answers what was asked: nothing is billed', async () => {
    await start((socket) => void socket.on('message', () => socket.close(1011)));
    const { received } = await askedProvider();
    expect((await received.closed).code).toBe(1011);
    expect(billed()).toEqual([]);
  });
});
