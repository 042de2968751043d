import { createHash, randomBytes } from 'node:crypto';
import { type AddressInfo, type NetConnectOpts, type Server, type Socket, connect, createServer } from 'node:net';
import { jest } from '@jest/globals';
import type { ClientOptions, ServerOptions, WebSocket } from 'ws';
import { type SocketGateway, type SocketGatewayOptions, opened, receive, refusedWith, startDictatedProvider, startSocketGateway, until } from './socket-gateway.suite.js';

/** Megabytes go through three processes' worth of sockets in this one. */
jest.setTimeout(60_000);

const CREATE = JSON.stringify({ type: 'response.create', model: 'gpt-5.4' });

/** A text frame of a client, masked with zeros. */
const masked = (text: string): Buffer => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

const handshakeOf = ({ apiKey }: SocketGateway): string =>
  [
    'GET /v1/responses HTTP/1.1',
    'host: x',
    'connection: Upgrade',
    'upgrade: websocket',
    `authorization: Bearer ${apiKey}`,
    'sec-websocket-version: 13',
    'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');

/** Any bytes but the first: what begins like JSON, in any encoding, is read as a command, and refused when it is none. */
const notJson = (size: number): Buffer => Buffer.concat([Buffer.from([0x01]), randomBytes(size)]).subarray(0, size);

const FLOOD = 256;
const FLOOD_BYTES = FLOOD * 256 * 1024;

const echo = (socket: WebSocket) => void socket.on('message', (data, binary) => socket.send(data, { binary }));

describe('what a tunnel carries', () => {
  let provider: Awaited<ReturnType<typeof startDictatedProvider>> | undefined;
  let gateway: SocketGateway;

  const start = async (onSocket: (socket: WebSocket, below: Socket) => void, more: Partial<SocketGatewayOptions> = {}, options: ServerOptions = {}) => {
    provider = await startDictatedProvider(onSocket, options);
    gateway = await startSocketGateway({ providerUrl: provider.url, providerKey: 'key', ...more });
  };
  afterEach(async () => {
    await gateway.close();
    provider?.close();
    provider = undefined;
  });

  it('every byte both ways, text as text and binary as binary, in order and of any size', async () => {
    await start(echo);
    const socket = gateway.connect('/v1/responses', {}, [], { perMessageDeflate: true, skipUTF8Validation: true });
    const received = receive(socket);
    await opened(socket);
    expect(socket.extensions).toBe('');
    const sent: { data: Buffer; binary: boolean }[] = [0, 1, 125, 126, 65_535, 65_536, 300_000, 6 * 1024 * 1024].flatMap((size) => [
      { data: Buffer.from('é'.repeat(size / 2) + 'a'.repeat(size % 2)), binary: false },
      { data: notJson(size), binary: true },
    ]);
    sent.push({ data: Buffer.from([0x61, 0xff, 0xc3]), binary: false });
    for (const { data, binary } of sent) socket.send(data, { binary });
    socket.send('frag', { fin: false });
    socket.send('mented', { fin: true });
    sent.push({ data: Buffer.from('fragmented'), binary: false });
    await until('every message', () => received.messages.length === sent.length);
    const shown = (messages: typeof sent) => messages.map(({ data, binary }) => [binary, data.length, createHash('sha256').update(data).digest('hex')]);
    expect(shown(received.messages)).toEqual(shown(sent));
    socket.close();
  });

  it('but for the provider’s key, in a frame as in the last word', async () => {
    const providerKey = 'sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXyZ4';
    const stars = '***REDACTED***'.padEnd(providerKey.length, '*');
    const error = { type: 'error', error: { message: `Incorrect API key provided: ${providerKey}.` } };
    await start(
      (socket) => {
        socket.send(JSON.stringify(error));
        socket.send(Buffer.from(`binary ${providerKey}`), { binary: true });
        socket.send(JSON.stringify({ type: 'error', error: { message: providerKey.slice(0, -1) } }));
        socket.close(4001, `bad key ${providerKey}`);
      },
      { providerKey },
    );
    const received = receive(gateway.connect('/v1/responses'));
    expect(await received.closed).toEqual({ code: 4001, reason: `bad key ${stars}` });
    expect(received.messages.map(({ data }) => data.toString())).toEqual([
      JSON.stringify(error).replace(providerKey, stars),
      `binary ${stars}`,
      JSON.stringify({ type: 'error', error: { message: providerKey.slice(0, -1) } }),
    ]);
  });

  it('pings and pongs from end to end, both ways', async () => {
    const heard: string[] = [];
    await start(
      (socket) => {
        socket.on('ping', (data) => socket.pong(`answer to ${data.toString()}`));
        socket.on('pong', (data) => heard.push(data.toString()));
        socket.ping('from the provider');
      },
      {},
      { autoPong: false },
    );
    const socket = gateway.connect('/v1/responses');
    socket.on('pong', (data) => heard.push(data.toString()));
    await opened(socket);
    socket.ping('from the client');
    await until('both pongs', () => heard.length === 2);
    expect(heard.sort()).toEqual(['answer to from the client', 'from the provider']);
    socket.close();
  });

  it('frames that come in the same breath as the provider’s answer', async () => {
    await start((socket) => {
      for (let index = 0; index < 50; index++) socket.send(`early ${index}`);
      socket.close(1000, 'all said');
    });
    for (let round = 0; round < 10; round++) {
      const socket = gateway.connect('/v1/responses');
      const received = receive(socket);
      expect(await received.closed).toEqual({ code: 1000, reason: 'all said' });
      expect(received.messages.map(({ data }) => data.toString())).toEqual(Array.from({ length: 50 }, (_, index) => `early ${index}`));
    }
  });

  it('frames that the client sends before it is accepted, in their order', async () => {
    const heard: string[] = [];
    let accept: (() => void) | undefined;
    await start((socket) => void socket.on('message', (data: Buffer) => heard.push(data.toString())), {}, { verifyClient: (_info, done) => (accept = () => done(true)) });
    const below = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    below.on('error', () => undefined).write(handshakeOf(gateway));
    below.write(masked('one'));
    await until('the handshake', () => accept !== undefined);
    await new Promise<void>((resolve) => below.write(masked('two'), () => resolve()));
    accept!();
    await until('the first two', () => heard.length === 2);
    below.write(masked('three'));
    await until('the third', () => heard.length === 3);
    expect(heard).toEqual(['one', 'two', 'three']);
    below.destroy();
  });

  it('no faster than the client reads', async () => {
    const flood = floodOf(FLOOD);
    await start((socket) => flood.into(socket));
    const socket = gateway.connect('/v1/responses');
    const received = receive(socket);
    await opened(socket);
    socket.pause();
    await flood.stalled();
    expect(flood.writtenBytes()).toBeLessThan(FLOOD_BYTES / 2);
    socket.resume();
    await until('everything', () => received.messages.length === FLOOD);
    socket.close();
  });

  it('no faster than the provider reads', async () => {
    let read = 0;
    let resume: () => void = () => undefined;
    await start((socket) => {
      socket.on('message', () => void read++);
      socket.pause();
      resume = () => socket.resume();
    });
    const socket = gateway.connect('/v1/responses');
    await opened(socket);
    const flood = floodOf(FLOOD);
    flood.into(socket);
    await flood.stalled();
    expect(flood.writtenBytes()).toBeLessThan(FLOOD_BYTES / 2);
    resume();
    await until('everything', () => read === FLOOD);
    socket.close();
  });

  it.each(['client', 'provider'])('a message above the limit from the %s ends both sockets with 1009', async (from) => {
    const codes: number[] = [];
    await start(
      (socket) => {
        socket.on('close', (code) => codes.push(code));
        if (from === 'provider') socket.send(Buffer.alloc(1_001));
      },
      { maxMessageBytes: 1_000 },
    );
    const socket = gateway.connect('/v1/responses');
    socket.on('close', (code) => codes.push(code));
    socket.on('error', () => undefined);
    await opened(socket);
    if (from === 'client') socket.send(Buffer.alloc(1_001));
    await until('both ends', () => codes.length === 2);
    expect(codes).toEqual([1009, 1009]);
  });

  it.each(['client', 'provider'])('bytes of the %s that are no WebSocket frame end both sockets, and nothing else', async (from) => {
    const garbage = Buffer.from([0xff, 0xff, 0xff, 0xff]);
    let closed = 0;
    await start((socket, below) => {
      socket.on('close', () => void closed++);
      if (from === 'provider') below.write(garbage);
    });
    let below: Socket | undefined;
    const bad = gateway.connect('/v1/responses', {}, [], { createConnection: (options) => (below = connect(options as NetConnectOpts)) } as ClientOptions);
    bad.on('error', () => undefined).on('close', () => void closed++);
    await opened(bad);
    if (from === 'client') below!.write(garbage);
    await until('both ends', () => closed === 2);
    const good = gateway.connect('/v1/responses');
    await opened(good);
    good.close();
  });

  it('a subprotocol that the provider selects, and the first harmless one where it selects none', async () => {
    await start(() => undefined, {}, { handleProtocols: (offered) => (offered.has('b') ? 'b' : false) });
    for (const [offered, selected] of [[['a', 'b'], 'b'], [['c', 'd'], 'c']] as const) {
      const socket = gateway.connect('/v1/responses', {}, [...offered]);
      await opened(socket);
      expect(socket.protocol).toBe(selected);
      socket.close();
    }
  });

  it('an answer under way when the gateway stops: the turn ends first, then both sockets', async () => {
    let finish: () => void = () => undefined;
    const codes: number[] = [];
    await start((socket) => {
      socket.on('close', (code) => codes.push(code));
      socket.on('message', () => {
        socket.send('{"type":"response.created","response":{"id":"r"}}');
        finish = () => socket.send('{"type":"response.completed","response":{"id":"r","model":"gpt-5.4","usage":{"input_tokens":3}}}');
      });
    });
    const resting = gateway.connect('/v1/responses');
    const busy = gateway.connect('/v1/responses');
    const rests = receive(resting);
    const works = receive(busy);
    await Promise.all([opened(resting), opened(busy)]);
    busy.send(CREATE);
    await works.message(({ type }) => type === 'response.created');
    const drained = gateway.tunnels.drain(5_000);
    expect((await rests.closed).code).toBe(1012);
    expect((await refusedWith(gateway.connect('/v1/responses'))).status).toBe(503);
    busy.send(CREATE);
    expect(await works.message(({ type }) => type === 'error')).toMatchObject({ status: 503 });
    finish();
    expect((await works.closed).code).toBe(1012);
    await drained;
    await until('the provider’s side', () => codes.length === 2);
    expect(codes).toEqual([1001, 1001]);
    expect(gateway.events.map(({ data }) => data.usage)).toEqual([{ input_tokens: 3 }]);
  });
});

describe('a provider that cannot be had', () => {
  let gateway: SocketGateway;
  let server: Server | undefined;
  afterEach(async () => {
    await gateway.close();
    server?.close();
  });

  it('is a 502 where nobody listens', async () => {
    gateway = await startSocketGateway({ providerUrl: 'http://127.0.0.1:1/v1', providerKey: 'key' });
    const refused = await refusedWith(gateway.connect('/v1/responses'));
    expect([refused.status, refused.headers['x-meshagent-error-message']]).toEqual([502, 'OpenAI could not be reached. Try again in a moment.']);
  });

  /** Accepts connections and never answers. */
  const startSilent = async () => {
    const connections = new Set<unknown>();
    server = createServer((connection) => {
      connections.add(connection);
      connection.resume().on('error', () => undefined).on('close', () => connections.delete(connection));
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return { connections, providerUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
  };

  it('is a 504 where nobody answers, and nothing is left open', async () => {
    const { connections, providerUrl } = await startSilent();
    gateway = await startSocketGateway({ providerUrl, providerKey: 'key', connectMs: 50 });
    expect((await refusedWith(gateway.connect('/v1/responses'))).status).toBe(504);
    await until('no connection', () => connections.size === 0);
  });

  it.each([
    ['breaks', (client: Socket) => void client.resetAndDestroy()],
    ['is ended', (client: Socket) => void client.end()],
  ])('is left alone when the client’s connection %s first', async (_name, leave) => {
    const { connections, providerUrl } = await startSilent();
    gateway = await startSocketGateway({ providerUrl, providerKey: 'key', connectMs: 60_000 });
    // By hand: client libraries end both directions as soon as they end one.
    const client = connect({ port: Number(new URL(gateway.url).port), host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => undefined).write(handshakeOf(gateway));
    await until('a connection', () => connections.size === 1);
    leave(client);
    await until('no connection', () => connections.size === 0);
    await until('no client', async () => (await gateway.connections()) === 0);
    client.destroy();
  });
});

/** Writes messages of 256 KiB as fast as they are taken. */
const floodOf = (count: number) => {
  const message = Buffer.alloc(256 * 1024, 0x20);
  let written = 0;
  return {
    into: (socket: WebSocket) => {
      let sent = 0;
      const more = (): void => {
        if (sent++ === count) return;
        socket.send(message, { binary: false }, (error) => {
          if (error) return;
          written++;
          more();
        });
      };
      more();
    },
    writtenBytes: () => written * message.length,
    /** Resolves when nothing was taken for a while. */
    stalled: async () => {
      for (let last = -1, since = Date.now(); Date.now() - since < 300; ) {
        if (written !== last) [last, since] = [written, Date.now()];
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
};
