import { type Server, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort, type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import { api, expectBill } from './bill.js';
import { type SpanReceiver, startSpanReceiver } from './span-receiver.js';
import { type System, startSystem } from './system.js';
import { until } from './until.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const USAGE = { prompt_tokens: 1_000, completion_tokens: 500 };
const KEY = 'sk-observed-0123456789abcdef';

const CHAT = { model: 'gpt-4.1', messages: [] };

/** `name{labels} value` of the exposition, as numbers. */
const readMetrics = async (port: number): Promise<Map<string, number>> => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return new Map([...text.matchAll(/^([a-z_]+(?:\{.*\})?) (\S+)$/gm)].map((match) => [match[1]!, Number(match[2])]));
};

const post = (system: System, path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(system.baseUrl + path, { method: 'POST', headers: { authorization: `Bearer ${system.apiKey}`, ...headers }, body: JSON.stringify(body) });

const logLines = (system: System): Record<string, unknown>[] =>
  system
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"msg":"call"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('what operators watch', () => {
  let simulator: ProviderSimulator;
  let receiver: SpanReceiver;
  let system: System;
  let opsPort: number;

  beforeAll(async () => {
    [simulator, receiver, opsPort] = await Promise.all([startProviderSimulator({ apiKeys: { openai: KEY } }), startSpanReceiver(), freePort()]);
    system = await startSystem({ env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: simulator.openAiBaseUrl, OPS_PORT: String(opsPort), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
  });
  afterAll(async () => {
    await system?.dispose();
    await Promise.all([simulator?.close(), receiver?.close()]);
  });

  it('one call is a line, two spans, a count in the metrics, and can be looked up by its id', async () => {
    const response = await post(system, '/openai/v1/chat/completions', CHAT, { ...simulatorHeaders({ usage: USAGE }), traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'a=b' });
    const body = await response.arrayBuffer();
    const requestId = response.headers.get('x-meshagent-request-id')!;
    // 1000 × 2 $ + 500 × 8 $ a million, and 5 % of it
    await expectBill(system, {}, ['gpt-4.1 input_tokens 1000 2000000', 'gpt-4.1 output_tokens 500 4000000', 'gpt-4.1 llm_proxy_surcharge 1 300000']);

    expect(logLines(system)).toEqual([
      expect.objectContaining({
        service: 'gateway',
        level: 'info',
        requestId,
        method: 'POST',
        route: '/v1/chat/completions',
        status: 200,
        provider: 'openai',
        model: 'gpt-4.1',
        project: system.projectId,
        outcome: 'completed',
        transport: 'http',
        requestBytes: JSON.stringify(CHAT).length,
        answerBytes: body.byteLength,
        providerRequestId: response.headers.get('x-request-id'),
      }),
    ]);

    const { request } = await api<{ request: Record<string, unknown> }>(system, 'GET', `/accounts/projects/${system.projectId}/requests/${requestId}`);
    expect(request).toMatchObject({ id: requestId, model: 'gpt-4.1', price_nano_usd: '6300000', price: 0.0063, surcharge_nano_usd: '300000', lines: { length: 3 } });

    await until(() => receiver.spans.length >= 2);
    const client = receiver.spans.find(({ kind }) => kind === 3)!;
    const server = receiver.spans.find(({ kind }) => kind === 2)!;
    expect(server).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, name: 'POST /v1/chat/completions', attributes: { 'http.response.status_code': 200, 'llm_proxy.request_id': requestId } });
    expect(client).toMatchObject({
      traceId: TRACE,
      parentSpanId: server.spanId,
      name: 'chat gpt-4.1',
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4.1', 'gen_ai.usage.input_tokens': 1_000, 'gen_ai.usage.output_tokens': 500 },
    });
    expect(simulator.requests.at(-1)!.headers).toMatchObject({ traceparent: `00-${TRACE}-${client.spanId}-01`, tracestate: 'a=b' });
  });

  it('metrics count calls, refusals, usage and money', async () => {
    await post(system, '/openai/v1/chat/completions', { ...CHAT, model: 'gpt-nobody-made' });
    await post(system, '/openai/v1/nothing', CHAT);
    await until(async () => (await readMetrics(opsPort)).get('llm_proxy_billing_events_total') === 1);
    const metrics = await readMetrics(opsPort);
    const expected: Record<string, number> = {
      'llm_proxy_gateway_requests_total{provider="openai",endpoint="/v1/chat/completions",status="2xx",outcome="completed"}': 1,
      'llm_proxy_gateway_requests_total{provider="openai",endpoint="/v1/chat/completions",status="4xx",outcome="refused"}': 1,
      'llm_proxy_gateway_requests_total{provider="openai",endpoint="other",status="4xx",outcome="refused"}': 1,
      'llm_proxy_gateway_refusals_total{provider="openai",code="unsupported_model"}': 1,
      'llm_proxy_gateway_refusals_total{provider="openai",code="unsupported_path"}': 1,
      'llm_proxy_gateway_time_to_first_byte_seconds_count{provider="openai"}': 1,
      'llm_proxy_gateway_added_latency_seconds_count{provider="openai"}': 1,
      'llm_proxy_gateway_in_flight': 0,
      'llm_proxy_gateway_usage_events_total': 1,
      'llm_proxy_gateway_usage_published_total': 1,
      'llm_proxy_gateway_spool_bytes': 0,
      'llm_proxy_usage_quantity_total{provider="openai",model="gpt-4.1",type="input_tokens"}': 1_000,
      'llm_proxy_charged_usd_total{provider="openai",model="gpt-4.1"}': 0.0063,
      'llm_proxy_provider_cost_usd_total{provider="openai",model="gpt-4.1"}': 0.006,
    };
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, metrics.get(name)]))).toEqual(expected);
    expect([...metrics.keys()].filter((name) => name.includes('gpt-nobody-made') || name.includes(system.projectId))).toEqual([]);
  });

  it('a refusal is a line and a span too', async () => {
    const response = await post(system, '/openai/v1/chat/completions', CHAT, { authorization: 'Bearer nonsense' });
    const requestId = response.headers.get('x-meshagent-request-id');
    await response.arrayBuffer();
    await until(() => logLines(system).some((line) => line['requestId'] === requestId));
    expect(logLines(system).find((line) => line['requestId'] === requestId)).toMatchObject({ status: 401, outcome: 'refused', code: 'invalid_api_key', project: null });
    await until(() => receiver.spans.some(({ attributes }) => attributes['llm_proxy.request_id'] === requestId && attributes['error.type'] === 'invalid_api_key'));
  });

  it('an error that the provider cuts off is one of ours', async () => {
    const response = await post(system, '/openai/v1/chat/completions', CHAT, simulatorHeaders({ status: 500, cutAfterChunks: 0 }));
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'provider_unreachable' } });
  });

  it('the operator sees that nothing was left unpriced', async () => {
    const { OPERATOR_TOKEN } = await system.variables('operator.env');
    expect(await api(system, 'GET', '/accounts/sysadmin/unpriced', undefined, OPERATOR_TOKEN)).toEqual({ unpriced: [] });
  });

  it('an error of the provider that quotes the key is shown without it', async () => {
    const response = await post(system, '/openai/v1/chat/completions', CHAT, simulatorHeaders({ echoAuthorization: true, compress: 'gzip' }));
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { message: 'This key is not valid: ***REDACTED***.', code: 'invalid_api_key' } });
  });
});

describe('a provider with bad manners', () => {
  let server: Server;
  let system: System;

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      if (request.url!.endsWith('/embeddings')) {
        response.writeHead(500, { 'content-type': 'text/plain' });
        const endless = setInterval(() => response.write('x'.repeat(64 * 1024)), 1);
        response.on('close', () => clearInterval(endless));
        return;
      }
      response.writeHead(401, `No ${KEY}`, { 'content-type': 'text/plain', trailer: 'x-note', 'www-authenticate': `Bearer realm="${KEY}"` });
      response.addTrailers({ 'x-note': KEY });
      response.end(`masked: ${KEY.slice(0, 7)}****${KEY.slice(-4)}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    system = await startSystem({ env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` } });
  });
  afterAll(async () => {
    await system?.dispose();
    server?.closeAllConnections();
    server?.close();
  });

  const raw = (path: string, body: object): Promise<{ status: number; whole: string }> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(system.baseUrl + path, { method: 'POST', headers: { authorization: `Bearer ${system.apiKey}` } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode!, whole: [response.statusMessage, ...response.rawHeaders, ...response.rawTrailers, ...chunks].join('\n') }));
      });
      request.on('error', reject).end(JSON.stringify(body));
    });

  it('shows its key in the status line, a header, the body and a trailer: none of it arrives', async () => {
    const { status, whole } = await raw('/v1/chat/completions', CHAT);
    expect(status).toBe(401);
    expect(whole).toContain('No ***REDACTED***');
    expect(whole).toContain('Bearer realm="***REDACTED***"');
    expect(whole).toContain('masked: ***REDACTED***');
    expect(whole).not.toContain(KEY.slice(-4));
    expect(whole).not.toContain('x-note');
  });

  it('never ends its error: the caller gets one of ours', async () => {
    const { status, whole } = await raw('/v1/embeddings', { model: 'text-embedding-3-small', input: 'x' });
    expect(status).toBe(500);
    expect(whole).toContain('provider_error_unreadable');
  });
});

describe('nobody watches', () => {
  it('the caller’s trace goes on untouched, and there is no line a call', async () => {
    const simulator = await startProviderSimulator();
    const system = await startSystem({ env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: simulator.openAiBaseUrl, LOG_REQUESTS: 'off' } });
    try {
      const traceparent = `00-${TRACE}-${PARENT}-01`;
      expect((await post(system, '/v1/chat/completions', CHAT, { traceparent })).status).toBe(200);
      expect(simulator.requests.at(-1)!.headers['traceparent']).toBe(traceparent);
      expect(logLines(system)).toEqual([]);
    } finally {
      await system.dispose();
      await simulator.close();
    }
  });
});

describe('several gateway workers', () => {
  it('show their metrics at one address, each with its own label', async () => {
    const [simulator, opsPort] = await Promise.all([startProviderSimulator(), freePort()]);
    const system = await startSystem({ env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: simulator.openAiBaseUrl, OPS_PORT: String(opsPort), GATEWAY_WORKERS: '2' } });
    try {
      for (let count = 0; count < 8; count += 1) expect((await post(system, '/v1/chat/completions', CHAT, { connection: 'close' })).status).toBe(200);
      const counted = async () => {
        const metrics = await readMetrics(opsPort);
        const ofWorker = (worker: number) => metrics.get(`llm_proxy_gateway_requests_total{provider="openai",endpoint="/v1/chat/completions",status="2xx",outcome="completed",worker="${worker}"}`) ?? 0;
        return ofWorker(0) + ofWorker(1);
      };
      await until(async () => (await counted()) === 8);
      const metrics = await readMetrics(opsPort);
      expect(metrics.get('llm_proxy_gateway_in_flight{worker="0"}')).toBe(0);
      expect(metrics.get('llm_proxy_gateway_in_flight{worker="1"}')).toBe(0);
      // Metering runs beside the primary.
      expect(metrics.has('llm_proxy_metering_lag_seconds')).toBe(true);
    } finally {
      await system.dispose();
      await simulator.close();
    }
  });
});
