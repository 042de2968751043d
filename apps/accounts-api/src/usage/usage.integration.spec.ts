import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { agentDefaultApiScope, mintParticipantToken } from '@llm-proxy/shared-auth';
import { type UsageReport, type UsageReportQuery, usageReportQuerySchema } from '@llm-proxy/usage-schema';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

/** Stands where billing stands: takes the contract's question from whoever shows the service credential, gives a dictated answer. */
const billingStandIn = async () => {
  const asked: UsageReportQuery[] = [];
  const answer = { status: 200, body: JSON.stringify({ rows: [] } satisfies UsageReport) };
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const wellAsked = request.method === 'POST' && request.url === '/internal/usage-report' && request.headers.authorization?.startsWith('Bearer credential-of') === true;
      if (wellAsked) asked.push(usageReportQuerySchema.parse(JSON.parse(Buffer.concat(chunks).toString())));
      response.writeHead(wellAsked ? answer.status : 404, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, answer, close };
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
