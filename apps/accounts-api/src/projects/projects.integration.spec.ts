import { agentDefaultApiScope, mintParticipantToken } from '@llm-proxy/shared-auth';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

describe('projects', () => {
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi();
    project = await api.newProject();
  });
  afterAll(() => api.close());

  const participant = (scope: object) =>
    api.as(mintParticipantToken({ name: 'ann', grants: [{ name: 'api', scope }], sub: project.id }, api.config.MESHAGENT_SECRET));

  it('are created by the operator, with a key from the name and a default service account', async () => {
    const created = await api.operator('POST', '/accounts/projects', { name: ' Ünïcode & Söns! ' });
    expect(created).toMatchObject({ status: 200, body: { name: 'Ünïcode & Söns!', project_key: 'u-ni-code-so-ns', owner_user_id: null, settings: {} } });
    expect(new Date(created.body['created_at']!).getTime()).toBeLessThanOrEqual(Date.now());
    const accounts = await api.operator('GET', `/accounts/projects/${created.body['id']}/service-accounts`);
    expect(accounts.body['service_accounts']).toMatchObject([{ name: 'default', key: 'default', project_id: created.body['id'] }]);
  });

  it('are found by id, by key and in the list', async () => {
    const { body: info } = await api.operator('GET', project.path);
    expect(info).toMatchObject({ id: project.id });
    expect((await api.operator('GET', `/accounts/projects/by-key/${info['project_key']}`)).body).toEqual(info);
    expect((await project.admin('GET', '/accounts/projects')).body).toEqual({ projects: [info] });
    expect((await api.operator('GET', '/accounts/projects')).body['projects']).toContainEqual(info);
    expect((await api.operator('GET', '/accounts/projects/by-key/none-such')).status).toBe(404);
    expect((await api.operator('GET', '/accounts/projects/by-key/%00')).status).toBe(404);
  });

  it('of the same name at once: all are made, with keys of their own', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => api.operator('POST', '/accounts/projects', { name: 'twins' })));
    expect(made.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(new Set(made.map(({ body }) => body['project_key'])).size).toBe(6);
  });

  it('of the same key at once: one wins', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => api.operator('POST', '/accounts/projects', { name: 'x', project_key: 'only-one' })));
    expect(made.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    expect(made.find(({ status }) => status === 409)?.body.error?.code).toBe('project_exists');
  });

  it('bad bodies: 400 with the field', async () => {
    const cases: [unknown, RegExp][] = [
      [{}, /^name: /],
      [{ name: '   ' }, /^name: /],
      [{ name: 'x'.repeat(201) }, /^name: /],
      [{ name: 'a\u0000b' }, /^name: /],
      [{ name: 'x', project_key: 'Not A Key' }, /^project_key: /],
      [{ name: 'x', settings: [] }, /^settings: /],
      [{ name: 'x', settings: { a: 'b\ud800' } }, /^settings: /],
      [[], /expected object/],
    ];
    for (const [body, message] of cases) {
      const answer = await api.operator('POST', '/accounts/projects', body);
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'invalid_request', message: expect.stringMatching(message) } } });
    }
  });

  it('settings that are refused leave no project behind', async () => {
    const refused = await api.operator('POST', '/accounts/projects', { name: 'x', project_key: 'left-behind', settings: { OPENAI_API_KEY: 'a b' } });
    expect(refused.status).toBe(400);
    expect((await api.operator('GET', '/accounts/projects/by-key/left-behind')).status).toBe(404);
  });

  it('bodies that are no JSON: 400; larger than 1 MiB: 413', async () => {
    const headers = { authorization: `Bearer ${api.config.OPERATOR_TOKEN}`, 'content-type': 'application/json' };
    const broken = await fetch(`${api.url}/accounts/projects`, { method: 'POST', headers, body: '{"name":' });
    expect([broken.status, ((await broken.json()) as { error: { code: string } }).error.code]).toEqual([400, 'invalid_request']);
    const large = await api.operator('POST', '/accounts/projects', { name: 'x'.repeat(1_100_000) });
    expect([large.status, large.body.error?.code]).toEqual([413, 'body_too_large']);
  });

  it('are stopped by the operator', async () => {
    expect((await project.admin('GET', `${project.path}/status`)).body).toEqual({ enabled: true });
    expect((await project.admin('PUT', `${project.path}/status`, { enabled: false })).status).toBe(403);
    expect((await api.operator('PUT', `${project.path}/status`, { enabled: false })).body).toEqual({ enabled: false });
    expect((await project.admin('GET', `${project.path}/status`)).body).toEqual({ enabled: false });
    expect((await api.service('GET', `/internal/projects/${project.id}/policy`)).body).toMatchObject({ enabled: false });
  });

  it('tell a caller what it is there', async () => {
    const all = { can_create_rooms: true, can_create_agents: true, can_use_llm_proxy: true, is_admin: true, is_developer: true };
    expect((await project.admin('GET', `${project.path}/role`)).body).toEqual({ role: 'admin', ...all });
    const none = { can_create_rooms: false, can_create_agents: false, is_admin: false, is_developer: false };
    expect((await participant(agentDefaultApiScope())('GET', `${project.path}/role`)).body).toEqual({ role: 'member', ...none, can_use_llm_proxy: true });
    expect((await participant({})('GET', `${project.path}/role`)).body).toEqual({ role: 'member', ...none, can_use_llm_proxy: false });
  });

  it('show participants the basics and no settings', async () => {
    expect((await participant({})('GET', project.path)).body).toMatchObject({ id: project.id, settings: null });
  });

  it('profile: who the caller is', async () => {
    const key = (await api.operator('GET', project.path)).body['project_key'];
    expect((await project.admin('GET', '/accounts/profiles/me')).body).toMatchObject({
      first_name: 'default',
      last_name: null,
      email: `default@service.${key}.llm.example.com`,
    });
    expect((await participant({})('GET', '/accounts/profiles/me')).body).toEqual({ id: 'ann', first_name: 'ann', last_name: null, email: 'ann@llm.example.com' });
    expect((await api.operator('GET', '/accounts/profiles/me')).body).toMatchObject({ id: 'operator', email: 'operator@llm.example.com' });
  });

  it('deployment: config and prices are public', async () => {
    expect((await api.anonymous('GET', '/config')).body).toEqual({ domains: { api: 'llm.example.com', accounts: 'llm.example.com' } });
    const { body: prices } = await api.anonymous('GET', '/pricing');
    expect(prices).toMatchObject({
      openai: { 'gpt-4o': { input_tokens: 0.0000025, output_tokens: 0.00001 } },
      anthropic: { 'claude-haiku-4-5': { input_tokens: 0.000001 } },
      surcharge: { rate: 0.05, line_item_type: 'llm_proxy_surcharge' },
    });
  });
});
