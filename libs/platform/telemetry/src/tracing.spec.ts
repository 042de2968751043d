import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createLogger } from '@llm-proxy/platform-logging';
import { createTracing } from './tracing.js';

const logger = createLogger('spec', 'silent');
jest.setTimeout(20_000);

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

const settings = (endpoint: string | undefined, share = 1) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_HEADERS: { 'x-tenant': 'a' },
  OTEL_TRACES_SAMPLER_ARG: share,
});

test('without a receiver there is no tracing', async () => {
  expect(await createTracing('spec', settings(undefined), logger)).toBeNull();
});

describe('with a receiver', () => {
  let server: Server;
  let url: string;
  let received: { path: string | undefined; headers: IncomingHttpHeaders; body: string }[];

  beforeEach(async () => {
    received = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  });

  const spansOf = async (share: number, traceparent: string | undefined) => {
    const tracing = (await createTracing('a-service', settings(url, share), logger))!;
    tracing.tracer.startSpan('work', {}, tracing.contextFrom(traceparent)).end();
    await tracing.close();
    return received;
  };

  test('spans arrive, below the span of the caller, when it is closed', async () => {
    const [request] = await spansOf(1, `00-${TRACE}-${SPAN}-01`);
    expect(request).toMatchObject({ path: '/v1/traces', headers: { 'x-tenant': 'a' } });
    const { resourceSpans } = JSON.parse(request!.body) as { resourceSpans: { resource: { attributes: unknown[] }; scopeSpans: { spans: unknown[] }[] }[] };
    expect(resourceSpans[0]!.resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'a-service' } });
    expect(resourceSpans[0]!.scopeSpans[0]!.spans).toMatchObject([{ name: 'work', traceId: TRACE, parentSpanId: SPAN }]);
  });

  test.each<[string, number, string | undefined, number]>([
    ['a share of nothing keeps nothing', 0, undefined, 0],
    ['a caller that wants its trace gets it', 0, `00-${TRACE}-${SPAN}-01`, 1],
    ['a caller that does not want its trace is not traced', 1, `00-${TRACE}-${SPAN}-00`, 0],
    ['what is no traceparent begins a trace', 1, 'nonsense', 1],
  ])('%s', async (_, share, traceparent, requests) => {
    expect(await spansOf(share, traceparent)).toHaveLength(requests);
  });
});

test('a receiver that is away costs the spans and nothing else', async () => {
  const tracing = (await createTracing('spec', settings('http://127.0.0.1:1'), logger))!;
  for (let count = 0; count < 20_000; count += 1) tracing.tracer.startSpan('work', {}, tracing.contextFrom(undefined)).end();
  const started = performance.now();
  await tracing.close();
  expect(performance.now() - started).toBeLessThan(8_000);
});
