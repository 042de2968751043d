import pg from 'pg';
import { projectPolicySchema, SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { startProviderSimulator } from '@llm-proxy/testing';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

describe('settings documents', () => {
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi({ ALLOW_PRIVATE_UPSTREAMS: '127.0.0.1' });
  });
  beforeEach(async () => {
    project = await api.newProject();
  });
  afterAll(() => api.close());

  const settings = (rest: string) => `${project.path}/settings/${rest}`;
  const policy = async () => projectPolicySchema.parse((await api.service('GET', `/internal/projects/${project.id}/policy`)).body);

  const sealedSecretsOf = async (name: string): Promise<string | null> => {
    const client = new pg.Client(api.config.DATABASE_URL);
    await client.connect();
    const { rows } = await client.query<{ sealed_secrets: string | null }>('SELECT sealed_secrets FROM accounts.settings_documents WHERE project_id = $1 AND name = $2', [project.id, name]);
    await client.end();
    return rows[0]!.sealed_secrets;
  };

  it('router: set, read by gateways, shown and removed', async () => {
    expect((await project.admin('GET', settings('router'))).body.error?.code).toBe('settings_not_found');
    expect((await policy()).router).toBeNull();
    const document = { allowedModels: [{ provider: 'openai', model: 'gpt-5*' }] };
    const stored = { ...document, apps: { mode: 'blocked', userAgentPatterns: [], blockMissingUserAgent: false }, rules: [] };
    expect((await project.admin('PUT', settings('router'), document)).body).toEqual(stored);
    expect((await project.admin('GET', settings('router'))).body).toEqual(stored);
    expect((await policy()).router).toEqual(stored);
    expect((await project.admin('PUT', settings('router'), stored)).status).toBe(200);
    expect((await project.admin('DELETE', settings('router'))).status).toBe(200);
    expect((await project.admin('DELETE', settings('router'))).status).toBe(404);
    expect((await policy()).router).toBeNull();
  });

  it.each([
    [{ allowedModels: ['openai/gpt-5'] }, /^allowedModels\.0: /],
    [{ allowedModels: [{ provider: 'openai', model: '' }] }, /^allowedModels\.0\.model: /],
    [{ allowed: [] }, /allowed/],
    [{ rules: [{}] }, /^rules\.0: rules are not supported/],
    [{ apps: { mode: 'x' } }, /^apps\.mode: /],
  ])('router %j: 400', async (document, message) => {
    expect(await project.admin('PUT', settings('router'), document)).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(message) } } });
    expect((await policy()).router).toBeNull();
  });

  it.each([
    ['otel', { endpoint: 'https://otel.example', filter_endpoint: null }],
    ['admission', { url: 'https://x.example' }],
    ['room', { a: [1, { b: null }] }],
    ['room-roles', { roles: { viewer: { participant: { api: { messaging: {} } }, site_user: true }, guest: { participant: null } } }],
  ])('%s: kept as it is', async (name, document) => {
    expect((await project.admin('PUT', settings(name), document)).body).toEqual(document);
    expect((await project.admin('GET', settings(name.replace('-', '_')))).body).toEqual(document);
    expect((await project.admin('GET', settings(name))).body).toEqual(document);
  });

  it('otel: its credentials are sealed, never shown, and do not outlive it', async () => {
    const document = {
      endpoint: 'https://otel.example',
      bearer_token: 'bearer-0123456789-wxyz',
      headers: { 'x-tenant': 'tenant-of-ours' },
      exporters: [{ apiKey: 'short', keep: 1 }],
      token: null,
    };
    const shown = {
      endpoint: 'https://otel.example',
      bearer_token_set: true,
      bearer_token_hint: '…wxyz',
      headers_set: true,
      exporters: [{ apiKey_set: true, apiKey_hint: '…', keep: 1 }],
      token: null,
    };
    expect((await project.admin('PUT', settings('otel'), document)).body).toEqual(shown);
    expect((await project.admin('GET', settings('otel'))).body).toEqual(shown);
    const sealed = await sealedSecretsOf('otel');
    const box = new SecretBox(api.config.KEY_ENCRYPTION_KEY);
    const opened = box.open(sealed!, { projectId: project.id, field: sealedFields.settings('otel') });
    expect(JSON.parse(opened)).toEqual({ '/bearer_token': document.bearer_token, '/headers': document.headers, '/exporters/0/apiKey': 'short' });
    const log = JSON.stringify((await project.admin('GET', `${project.path}/audit`)).body);
    expect(log).not.toMatch(/bearer-0123|tenant-of-ours|short/);
    expect((await project.admin('PUT', settings('otel'), { ...shown, ...document })).body).toEqual(shown);
    expect(await project.admin('PUT', settings('otel'), shown)).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(/^bearer_token: has to be sent again/) } } });
    expect((await project.admin('PUT', settings('otel'), { endpoint: null })).body).toEqual({ endpoint: null });
    expect(await sealedSecretsOf('otel')).toBeNull();
  });

  it('secrets are not kept where they would be shown', async () => {
    for (const name of ['admission', 'room']) {
      for (const document of [{ bearer_token: 'x' }, { a: [{ apiKey: 'x' }] }, { headers: { password: 'x' } }]) expect((await project.admin('PUT', settings(name), document)).status).toBe(400);
    }
    expect((await project.admin('PUT', settings('room-roles'), { roles: { king: {} } })).status).toBe(400);
  });

  it('test: one cheap call with the stored key, nothing of it in the answer', async () => {
    const simulator = await startProviderSimulator({ apiKeys: { openai: 'sk-right', anthropic: 'sk-right' } });
    const bases = { openai: simulator.openAiBaseUrl, anthropic: simulator.anthropicBaseUrl, grok: simulator.openAiBaseUrl };
    for (const [provider, base_url] of Object.entries(bases)) {
      expect((await project.admin('POST', settings(`${provider}:test`))).status).toBe(404);
      await project.admin('PUT', settings(provider), { api_key: 'sk-right', base_url });
      expect((await project.admin('POST', settings(`${provider}:test`))).body).toEqual({ ok: true, status: 200, message: 'The provider accepted the key.' });
      await project.admin('PUT', settings(provider), { api_key: 'sk-wrong', base_url });
      expect((await project.admin('POST', settings(`${provider}:test`))).body).toEqual({ ok: false, status: 401, message: 'The provider refused the key.' });
    }
    await simulator.close();
    expect((await project.admin('POST', settings('openai:test'))).body).toEqual({ ok: false, status: null, message: 'The provider could not be reached.' });
    expect((await project.admin('POST', settings('router:test'))).status).toBe(404);
  });
});
