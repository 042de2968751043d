import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { agentDefaultApiScope, mintParticipantToken } from '@llm-proxy/shared-auth';
import { type UsageReport, type UsageReportQuery, usageReportQuerySchema } from '@llm-proxy/usage-schema';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

/** Stands where billing stands: takes the contract's question from whoever shows the service credential, gives a dictated answer. */
const billingStandIn = async () => {
  const asked: UsageReportQuery[] = [];
  /** Answers to plain questions, by their path and query. */
  const told = new Map<string, unknown>();
  const plainly: string[] = [];
  const answer = { status: 200, body: JSON.stringify({ rows: [] } satisfies UsageReport) };
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'GET') {
        plainly.push(request.url!);
        const known = told.get(request.url!);
        response.writeHead(known === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(known ?? {}));
        return;
      }
      const wellAsked = request.method === 'POST' && request.url === '/internal/usage-report' && request.headers.authorization?.startsWith('Bearer credential-of') === true;
      if (wellAsked) asked.push(usageReportQuerySchema.parse(JSON.parse(Buffer.concat(chunks).toString())));
      response.writeHead(wellAsked ? answer.status : 404, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, answer, told, plainly, close };
};

describe('usage reports', () => {
  let billing: Awaited<ReturnType<typeof billingStandIn>>;
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    billing = await billingStandIn();
    api = await runAccountsApi({ BILLING_URL: billing.url });
    project = await api.newProject();
  });
  beforeEach(() => {
    billing.answer.status = 200;
    billing.answer.body = '{"rows":[]}';
  });
  afterAll(async () => {
    await api.close();
    await billing.close();
  });

  const usage = (query: string) => project.admin('GET', `${project.path}/usage?${query}`);
  const lastAsked = () => billing.asked.at(-1);

  it('hands every filter on', async () => {
    const query = new URLSearchParams({
      start: '2026-11-01T00:00:00+00:00',
      end: '2026-12-01T00:00:00Z',
      interval: 'day',
      report: 'cost_by_user',
      users: 'u1, ann,',
      room: 'r',
      provider: 'openai',
      model: 'gpt-4o',
      usage_type: 'input_tokens',
      client: 'curl/8',
      annotations: '{"Team":"a"}',
      whatever: 'ignored',
    });
    expect((await usage(String(query))).body).toEqual({ usage: [] });
    expect(lastAsked()).toEqual({
      projectId: project.id,
      start: '2026-11-01T00:00:00+00:00',
      end: '2026-12-01T00:00:00Z',
      interval: 'day',
      groupBy: ['provider', 'model', 'type', 'user', 'participant'],
      filters: { subjects: ['u1', 'ann'], room: 'r', provider: 'openai', model: 'gpt-4o', type: 'input_tokens', client: 'curl/8', annotations: { team: 'a' } },
    });
  });

  it('without a query asks for everything of the project', async () => {
    await usage('');
    expect(lastAsked()).toEqual({ projectId: project.id, groupBy: ['provider', 'model', 'type'], filters: {} });
  });

  it('rows: quantities and dollars as numbers, and exact', async () => {
    const row = { projectId: project.id, time: '2026-11-22T00:00:00Z', provider: 'openai', model: 'gpt-4o' };
    const report: UsageReport = {
      rows: [
        { ...row, type: 'input_tokens', quantity: '1000', amountNanoUsd: '2500000' },
        { ...row, type: 'llm_proxy_surcharge', quantity: '3', amountNanoUsd: '125001', user: null, participant: 'ann', room: 'r' },
        { ...row, time: null, type: 'custom_audio_minutes', quantity: '0.116666667', amountNanoUsd: '0' },
      ],
    };
    billing.answer.body = JSON.stringify(report);
    const name = (await project.admin('GET', project.path)).body['name'];
    const common = { project_id: project.id, project_name: name, provider: 'openai', model: 'gpt-4o' };
    expect((await usage('interval=day')).body['usage']).toEqual([
      { ...common, time: row.time, type: 'input_tokens', total: 1000, quantity: '1000', subtotal: 0.0025, price: 0.0025, price_nano_usd: '2500000' },
      {
        ...common,
        time: row.time,
        type: 'llm_proxy_surcharge',
        total: 0.000125001,
        quantity: '3',
        subtotal: 0.000125001,
        price: 0.000125001,
        price_nano_usd: '125001',
        user_id: 'ann',
        user_name: 'ann',
        room: 'r',
      },
      { ...common, type: 'custom_audio_minutes', total: 0.116666667, quantity: '0.116666667', subtotal: 0, price: 0, price_nano_usd: '0' },
    ]);
  });

  it('own usage: narrowed to the caller, whatever it asks for', async () => {
    const accounts = (await project.admin('GET', `${project.path}/service-accounts`)).body['service_accounts'] as unknown as { id: string }[];
    await project.admin('GET', `${project.path}/llm-proxy/usage?interval=day&users=someone-else`);
    expect(lastAsked()).toMatchObject({ projectId: project.id, interval: 'day', filters: { subjects: [accounts[0]!.id] } });

    const participant = (api_scope: object) =>
      api.as(mintParticipantToken({ name: 'ann', grants: [{ name: 'api', scope: api_scope }], sub: project.id }, api.config.MESHAGENT_SECRET));
    await participant(agentDefaultApiScope())('GET', `${project.path}/llm-proxy/usage`);
    expect(lastAsked()).toMatchObject({ projectId: project.id, filters: { subjects: ['ann'] } });
    expect((await participant({})('GET', `${project.path}/llm-proxy/usage`)).status).toBe(403);
    expect((await participant(agentDefaultApiScope())('GET', `${project.path}/usage`)).status).toBe(403);
  });

  describe('one call', () => {
    const id = '019aa8e0-0000-7000-8000-000000000001';
    const event = () => ({
      id,
      projectId: project.id,
      occurredAt: '2026-11-22T10:00:00.000Z',
      provider: 'openai',
      endpoint: '/v1/responses',
      transport: 'sse',
      model: 'gpt-5.4',
      requestModel: 'gpt-5.4',
      responseModel: 'gpt-5.4-2026-03-05',
      outcome: 'completed',
      measurement: 'exact',
      status: 200,
      providerKey: 'managed',
      providerRequestId: 'req_1',
      apiKeyId: null,
      userId: null,
      participant: 'ann',
      room: 'lab',
      client: 'curl/8',
      annotations: { task: 'a' },
      usage: { input_tokens: 1000 },
      priceVersion: '2026-11',
      providerCostNanoUsd: '2500000',
      surchargeNanoUsd: '125000',
      totalNanoUsd: '2625000',
      unpricedTypes: [],
      firstByteMs: 210.25,
      durationMs: 900.5,
      recordedAt: '2026-11-22T10:00:01.000Z',
      lines: [{ type: 'input_tokens', quantity: '1000', unitPricePicoUsd: '2500000', amountNanoUsd: '2500000' }],
    });

    it('with its lines and its exact price', async () => {
      billing.told.set(`/internal/projects/${project.id}/events/${id}`, event());
      const answer = await project.admin('GET', `${project.path}/requests/${id.toUpperCase()}`);
      expect(answer).toMatchObject({
        status: 200,
        body: {
          request: {
            id,
            path: '/v1/responses',
            participant: 'ann',
            usage: { input_tokens: 1000 },
            price: 0.002625,
            price_nano_usd: '2625000',
            surcharge_nano_usd: '125000',
            lines: [{ type: 'input_tokens', quantity: '1000', unit_price_pico_usd: '2500000', price: 0.0025, price_nano_usd: '2500000' }],
          },
        },
      });
    });

    it('not billed yet, and no id at all: 404', async () => {
      const asksBefore = billing.plainly.length;
      expect(await project.admin('GET', `${project.path}/requests/${id.replace('1', '2')}`)).toMatchObject({ status: 404, body: { error: { code: 'request_not_found' } } });
      expect(billing.plainly).toHaveLength(asksBefore + 1);
      expect(await project.admin('GET', `${project.path}/requests/..%2Ftotals-check`)).toMatchObject({ status: 404, body: { error: { code: 'request_not_found' } } });
      expect(billing.plainly).toHaveLength(asksBefore + 1);
    });

    it('is not shown to a participant', async () => {
      const participant = api.as(mintParticipantToken({ name: 'ann', grants: [{ name: 'api', scope: agentDefaultApiScope() }], sub: project.id }, api.config.MESHAGENT_SECRET));
      expect((await participant('GET', `${project.path}/requests/${id}`)).status).toBe(403);
    });
  });

  it('usage without a price: for the operator', async () => {
    const row = { provider: 'openai', model: 'gpt-5.4', type: 'web_search_calls', events: 3 };
    const seen = { first: '2026-11-22T10:00:00.000Z', last: '2026-11-22T11:00:00.000Z' };
    billing.told.set(`/internal/unpriced-usage?projectId=${project.id}&start=2026-11-01T00%3A00%3A00Z`, {
      rows: [{ ...row, priceVersion: '2026-11', firstSeenAt: seen.first, lastSeenAt: seen.last }],
    });
    const answer = await api.operator('GET', `/accounts/sysadmin/unpriced?project_id=${project.id}&start=2026-11-01`);
    expect(answer).toMatchObject({ status: 200, body: { unpriced: [{ ...row, price_version: '2026-11', first_seen_at: seen.first, last_seen_at: seen.last }] } });
    expect((await project.admin('GET', '/accounts/sysadmin/unpriced')).status).toBe(403);
  });

  it('all projects: for the operator', async () => {
    expect((await api.operator('GET', `/accounts/sysadmin/usage?project_id=${project.id}`)).status).toBe(200);
    expect(lastAsked()).toMatchObject({ projectId: project.id });
    expect((await api.operator('GET', '/accounts/sysadmin/usage')).status).toBe(200);
    expect(lastAsked()).toMatchObject({ projectId: null });
    expect((await project.admin('GET', '/accounts/sysadmin/usage')).status).toBe(403);
  });

  it.each([
    ['start=yesterday', /^start: /],
    ['interval=year', /^interval: /],
    ['annotations=x', /^annotations: /],
    ['annotations={"a":1}', /^annotations: /],
  ])('%s: 400', async (query, message) => {
    expect(await usage(query)).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(message) } } });
  });

  it('billing failing, talking nonsense or busy: 502, 502, 503', async () => {
    for (const [status, body, expected, code] of [
      [500, '{}', 502, 'report_failed'],
      [200, '{"rows":[{}]}', 502, 'report_failed'],
      [200, 'not json', 502, 'report_failed'],
      [503, '{}', 503, 'report_unavailable'],
    ] as const) {
      Object.assign(billing.answer, { status, body });
      expect(await usage('')).toMatchObject({ status: expected, body: { error: { code } } });
    }
  });

  it('billing away: 503 that says so', async () => {
    const alone = await runAccountsApi();
    const { path, admin } = await alone.newProject();
    expect(await admin('GET', `${path}/usage`)).toMatchObject({ status: 503, body: { error: { code: 'report_unavailable', message: expect.stringMatching(/billing/) } } });
    await alone.close();
  });
});
