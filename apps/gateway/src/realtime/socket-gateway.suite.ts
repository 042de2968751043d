import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { loadPriceBook } from '@llm-proxy/pricing';
import { mintParticipantToken } from '@llm-proxy/shared-auth';
import type { UsageEvent } from '@llm-proxy/usage-schema';
import { type ClientOptions, type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { CurrentPrices } from '../admission/prices.js';
import { startKnownProject } from '../credentials/known-project.suite.js';
import { providers } from '../providers/index.js';
import { RelayHttpAdapter } from '../relay-http.adapter.js';
import type { RelayObserver } from '../relay/observer.js';
import { Tunnels } from './tunnels.js';

export interface SocketGatewayOptions {
  providerUrl: string;
  providerKey: string;
  maxMessageBytes?: number;
  connectMs?: number;
  afterDisconnectMs?: number;
  observer?: RelayObserver;
}

/** The gateway's sockets on a real server, with a policy source in memory and the events at hand. */
export const startSocketGateway = async (options: SocketGatewayOptions) => {
  const project = startKnownProject(options);
  const { projectId, apiKey, keyId, secret, logger, source, policy, policies, upstreams, callers } = project;
  const events: UsageEvent[] = [];
  const recording = { canRecord: true };
  const tunnels = new Tunnels({
    providers,
    callers,
    policies,
    keyUse: { note: () => undefined },
    admission: { prices: new CurrentPrices(loadPriceBook()), canRecordUsage: () => recording.canRecord, allowsUnmetered: false },
    upstreams,
    usage: { emit: (event) => void events.push(event) },
    limits: { connectMs: options.connectMs ?? 5_000, maxMessageBytes: options.maxMessageBytes ?? 0 },
    afterDisconnect: { maxMs: options.afterDisconnectMs ?? 5_000, maxBytes: 1_000_000 },
    logger,
    observer: options.observer,
  });
  const adapter = new RelayHttpAdapter((_request, response) => {
    response.end('an ordinary request');
    return true;
  }, tunnels);
  adapter.initHttpServer({});
  const server = adapter.getHttpServer() as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    apiKey,
    projectId,
    events,
    tunnels,
    source,
    policy,
    policies,
    recording,
    /** Connections of clients that are open right now. */
    connections: () => new Promise<number>((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count)))),
    tokenFor: (grants: Parameters<typeof mintParticipantToken>[0]['grants']) => mintParticipantToken({ name: 'anna', sub: projectId, kid: keyId, grants }, secret),
    connect: (path: string, headers: Record<string, string> = {}, protocols: string[] = [], more: ClientOptions = {}) =>
      new WebSocket(url.replace('http', 'ws') + path, protocols, { headers: { authorization: `Bearer ${apiKey}`, ...headers }, ...more }),
    close: async () => {
      await tunnels.drain(0);
      await project.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export type SocketGateway = Awaited<ReturnType<typeof startSocketGateway>>;

/** A provider that does what the test says, frame by frame. */
export const startDictatedProvider = async (onSocket: (socket: WebSocket, below: Socket) => void, options: ServerOptions = {}) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 0, skipUTF8Validation: true, ...options });
  server.on('connection', (socket, request) => {
    socket.on('error', () => undefined);
    onSocket(socket, request.socket);
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
};

export interface Received {
  messages: { data: Buffer; binary: boolean }[];
  texts(): Record<string, unknown>[];
  closed: Promise<{ code: number; reason: string }>;
  /** Resolves with the first message that fits, also when it came earlier. */
  message(fits: (frame: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

/** Collects everything a client's socket gets. */
export const receive = (socket: WebSocket): Received => {
  const messages: Received['messages'] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data: Buffer, binary) => {
    messages.push({ data, binary });
    for (const look of waiting) look();
  });
  socket.on('error', () => undefined);
  const texts = () => messages.map(({ data }) => JSON.parse(data.toString()) as Record<string, unknown>);
  return {
    messages,
    texts,
    closed: new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))),
    message: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = texts().find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
};

export const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });

export interface RefusedHandshake {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Record<string, unknown>;
}

/** The HTTP answer in place of an upgrade. */
export const refusedWith = (socket: WebSocket): Promise<RefusedHandshake> =>
  new Promise((resolve, reject) => {
    socket.once('open', () => reject(new Error('the socket opened')));
    socket.on('error', () => undefined);
    socket.once('unexpected-response', (_request, answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown> }));
    });
  });

/** Waits for a condition; fails with its description after 45 seconds. */
export const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  const end = Date.now() + 45_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** Usage of one answer, as Responses reports it. */
export const USAGE = { input_tokens: 2_000, input_tokens_details: { cached_tokens: 1_500 }, output_tokens: 300 };
export const create = (more: object = {}): string => JSON.stringify({ type: 'response.create', model: 'gpt-5.4', input: 'hello', ...more });
export const isType =
  (type: string) =>
  (frame: Record<string, unknown>): boolean =>
    frame['type'] === type;
export const isEnd = isType('response.completed');
