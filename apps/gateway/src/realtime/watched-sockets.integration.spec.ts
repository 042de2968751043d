import { type RequestListener, type Server, createServer } from 'node:http';
import { type AddressInfo, type NetConnectOpts, type Socket, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@llm-proxy/platform-logging';
import { createMetrics } from '@llm-proxy/platform-telemetry';
import { type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import type { ClientOptions } from 'ws';
import { observerOf } from '../observing/observer-of.js';
import { showParts } from '../observing/relay-metrics.js';
import { type SocketGateway, opened, receive, refusedWith, startSocketGateway, until } from './socket-gateway.suite.js';

const PROVIDER_KEY = 'sk-upstream-0123456789';
const create = JSON.stringify({ type: 'response.create', model: 'gpt-5.4', input: 'hello' });
const USAGE = { idle: { waitingEvents: 0, spooledBytes: 0, counts: { emitted: 0, published: 0, spooled: 0, streamFailures: 0, spoolFailures: 0, journalFailures: 0 } } };

/** A gateway whose sockets are counted and logged, as the running one's are. */
const startWatched = async (providerUrl: string) => {
  const lines: string[] = [];
  const metrics = createMetrics();
  const logger = createLogger('spec', 'info', { write: (line: string) => void lines.push(line) });
  const gateway = await startSocketGateway({ providerUrl, providerKey: PROVIDER_KEY, observer: observerOf({ metrics, tracing: null, logger, logRequests: 'summary' })! });
  showParts(metrics, { relay: { inFlight: 0 }, tunnels: gateway.tunnels, usage: USAGE.idle });
  const records = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const record = async () => {
    await until('a record', () => lines.length > 0);
    expect(lines).toHaveLength(1);
    return records()[0];
  };
  return { gateway, records, record, metrics: () => metrics.metrics() };
};

type Watched = Awaited<ReturnType<typeof startWatched>>;

describe('what observers see of sockets', () => {
  let simulator: ProviderSimulator;
  let watched: Watched;
  let gateway: SocketGateway;

  beforeEach(async () => {
    simulator = await startProviderSimulator({ apiKeys: { openai: PROVIDER_KEY } });
    watched = await startWatched(simulator.openAiBaseUrl);
    gateway = watched.gateway;
  });
  afterEach(async () => {
    await gateway?.close();
    await simulator?.close();
  });

  it('a socket is one record when it is over, and is counted while it is open', async () => {
    const socket = gateway.connect('/v1/responses');
    const received = receive(socket);
    await opened(socket);
    for (let turn = 1; turn <= 2; turn++) {
      socket.send(create);
      await until('an answer', () => received.texts().filter(({ type }) => type === 'response.completed').length === turn);
    }
    expect(await watched.metrics()).toMatch(/^llm_proxy_gateway_open_sockets 1$/m);
    expect(watched.records()).toEqual([]);
    socket.close(1000);
    expect(await watched.record()).toMatchObject({
      msg: 'call',
      route: '/v1/responses',
      provider: 'openai',
      project: gateway.projectId,
      transport: 'websocket',
      status: 101,
      outcome: 'completed',
      clientCode: 1000,
      usageEvents: 2,
    });
    const metrics = await watched.metrics();
    expect(metrics).toMatch(/^llm_proxy_gateway_open_sockets 0$/m);
    expect(metrics).toMatch(/^llm_proxy_gateway_requests_total\{provider="openai",endpoint="\/v1\/responses",status="1xx",outcome="completed"\} 1$/m);
  });

  it.each([
    ['a path that is not served', '/v1/nothing', 400, 'other'],
    ['a model without price', '/v1/realtime?model=no-such', 400, '/v1/realtime'],
  ])('a handshake that is refused here: %s', async (_what, path, status, route) => {
    await refusedWith(gateway.connect(path));
    const record = await watched.record();
    expect(record).toMatchObject({ route, status, project: gateway.projectId, outcome: 'refused', code: expect.any(String) });
    expect(await watched.metrics()).toContain(`llm_proxy_gateway_refusals_total{provider="openai",code="${String(record?.['code'])}"} 1`);
  });

  it('a handshake that the provider refused', async () => {
    await refusedWith(gateway.connect('/v1/responses', simulatorHeaders({ status: 429, error: { error: { message: 'not now' } } })));
    expect(await watched.record()).toMatchObject({ route: '/v1/responses', status: 429, outcome: 'completed', usageEvents: 0 });
  });
});

describe('a provider that refuses a handshake', () => {
  let provider: Server;
  let watched: Watched;

  const start = async (answer: RequestListener): Promise<SocketGateway> => {
    provider = createServer(answer);
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    watched = await startWatched(`http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`);
    return watched.gateway;
  };
  afterEach(async () => {
    await watched?.gateway.close();
    provider?.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
  });

  it('shows nobody the key, in its body or its headers', async () => {
    const gateway = await start((request, response) => {
      const key = request.headers.authorization!;
      response.writeHead(401, { 'x-echo': key, 'x-request-id': 'req_1' }).end(JSON.stringify({ error: { message: `Incorrect API key provided: ${key}` } }));
    });
    const refused = await refusedWith(gateway.connect('/v1/responses'));
    expect(refused).toMatchObject({ status: 401, body: { error: { message: 'Incorrect API key provided: Bearer ***REDACTED***' } } });
    expect(refused.headers).toMatchObject({ 'x-echo': 'Bearer ***REDACTED***', 'x-request-id': 'req_1' });
    expect(JSON.stringify(await watched.record())).not.toContain(PROVIDER_KEY);
  });

  it('at a length that cannot be looked through is named, not shown', async () => {
    const gateway = await start((_request, response) => {
      response.writeHead(403).end('x'.repeat(300_000));
    });
    const refused = await refusedWith(gateway.connect('/v1/responses'));
    expect([refused.status, refused.body]).toMatchObject([403, { error: { code: 'provider_error_unreadable' } }]);
    expect(await watched.record()).toMatchObject({ status: 403, outcome: 'refused', code: 'provider_error_unreadable' });
  });

  it('and breaks off in the middle is a 502', async () => {
    const gateway = await start((_request, response) => {
      response.writeHead(401, { 'content-length': 100 }).write(PROVIDER_KEY, () => response.destroy());
    });
    expect((await refusedWith(gateway.connect('/v1/responses'))).status).toBe(502);
    expect(await watched.record()).toMatchObject({ status: 502, outcome: 'refused' });
  });

  it('is not blamed when the client has gone', async () => {
    const gateway = await start(() => undefined);
    let below: Socket | undefined;
    const socket = gateway.connect('/v1/responses', {}, [], { createConnection: (options) => (below = connect(options as NetConnectOpts)) } as ClientOptions);
    socket.on('error', () => undefined);
    await until('the handshake', async () => new Promise<boolean>((resolve) => provider.getConnections((_error, count) => resolve(count > 0))));
    below!.resetAndDestroy();
    expect(await watched.record()).toMatchObject({ status: 0, outcome: 'client_disconnected', clientCode: null });
  });
});
