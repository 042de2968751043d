import pg from 'pg';
import { type ProjectPolicy, projectPolicySchema, SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

describe('integrations', () => {
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi();
  });
  beforeEach(async () => {
    project = await api.newProject();
  });
  afterAll(() => api.close());

  const settings = () => `${project.path}/settings`;
  const policy = async (): Promise<ProjectPolicy> => projectPolicySchema.parse((await api.service('GET', `/internal/projects/${project.id}/policy`)).body);
  const openedKey = async (provider: string): Promise<string> =>
    new SecretBox(api.config.KEY_ENCRYPTION_KEY).open((await policy()).integrations[provider]!.sealedApiKey, {
      projectId: project.id,
      field: sealedFields.integration(provider),
    });

  it('are set, shown without the key, and removed', async () => {
    expect((await project.admin('GET', `${settings()}/openai`)).body.error?.code).toBe('settings_not_found');
    const shown = { api_key_set: true, api_key_hint: '…wxyz', base_url: 'https://eu.api.openai.com/v1' };
    const document = { api_key: 'sk-proj-0123456789-wxyz', base_url: 'https://eu.api.openai.com/v1/' };
    expect((await project.admin('PUT', `${settings()}/openai`, document)).body).toEqual(shown);
    expect((await project.admin('GET', `${settings()}/openai`)).body).toEqual(shown);
    expect(await openedKey('openai')).toBe(document.api_key);
    expect((await policy()).integrations['openai']?.baseUrl).toBe(shown.base_url);
    expect((await project.admin('PUT', `${settings()}/openai`, { api_key: 'short' })).body).toEqual({ api_key_set: true, api_key_hint: '…', base_url: null });
    expect((await project.admin('DELETE', `${settings()}/openai`)).status).toBe(200);
    expect((await project.admin('DELETE', `${settings()}/openai`)).status).toBe(404);
    expect((await policy()).integrations).toEqual({});
  });

  it('a base URL comes with its key: a stored key is never sent elsewhere', async () => {
    await project.admin('PUT', `${settings()}/anthropic`, { api_key: 'sk-ant-0123456789abc' });
    const moved = await project.admin('PUT', `${settings()}/anthropic`, { base_url: 'https://elsewhere.example' });
    expect(moved).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(/^api_key: /) } } });
    const legacy = await project.admin('PUT', settings(), { ANTHROPIC_BASE_URL: 'https://elsewhere.example' });
    expect(legacy).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(/^ANTHROPIC_API_KEY: /) } } });
    expect((await policy()).integrations['anthropic']?.baseUrl).toBeNull();
  });

  it.each(['ftp://x.example', 'file:///etc/passwd', 'https://user:pass@x.example', 'https://:p@x.example', 'https://x.example?a=b', 'https://x.example#a', 'x.example', 'javascript:alert(1)', 7])(
    'base URL %s is refused',
    async (base_url) => {
      const answer = await project.admin('PUT', `${settings()}/openai`, { api_key: 'sk-1', base_url });
      expect(answer).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(/^base_url: /) } } });
    },
  );

  it.each(['https://127.0.0.1/v1', 'https://2130706433/', 'https://[::1]/', 'https://localhost', 'https://10.0.0.1', 'https://169.254.169.254/latest', 'https://metadata.google.internal', 'http://api.openai.com/v1', 'https://redis'])(
    'base URL %s is refused: not public, or not encrypted',
    async (base_url) => {
      const answer = await project.admin('PUT', `${settings()}/openai`, { api_key: 'sk-1', base_url });
      expect(answer).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(/^base_url: (leads to a private address|must be an https URL)/) } } });
      const legacy = await project.admin('PUT', settings(), { OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: base_url });
      expect(legacy).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(/^OPENAI_BASE_URL: /) } } });
      const created = await api.operator('POST', '/accounts/projects', { name: 'x', project_key: 'never-made', settings: { OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: base_url } });
      expect([created.status, (await api.operator('GET', '/accounts/projects/by-key/never-made')).status]).toEqual([400, 404]);
    },
  );

  it.each(['', ' ', 'a b', 'sk\r\nx-evil: 1', 'sk-ü', 'x'.repeat(513), null, 7])('key %j is refused', async (api_key) => {
    const answer = await project.admin('PUT', `${settings()}/openai`, { api_key });
    expect(answer).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(/^api_key: /) } } });
  });

  it('there are no other documents', async () => {
    for (const name of ['stripe', 'constructor', '__proto__', '%00']) {
      expect((await project.admin('GET', `${settings()}/${name}`)).status).toBe(404);
      expect((await project.admin('PUT', `${settings()}/${name}`, { api_key: 'sk-1' })).status).toBe(404);
    }
  });

  it('older form: the whole object, keys by their environment names', async () => {
    const write = (body: object) => project.admin('PUT', settings(), body);
    const shown = async () => (await project.admin('GET', project.path)).body['settings'];
    expect((await write({ theme: 'dark', OPENAI_API_KEY: 'sk-1234567890abcdef', env: { ANTHROPIC_API_KEY: 'sk-ant-1', ANTHROPIC_BASE_URL: 'https://a.example', OTHER: '1' } })).status).toBe(200);
    expect(await openedKey('openai')).toBe('sk-1234567890abcdef');
    expect(await openedKey('anthropic')).toBe('sk-ant-1');
    expect(await shown()).toEqual({ theme: 'dark', env: { OTHER: '1' }, ANTHROPIC_BASE_URL: 'https://a.example' });
    expect((await write({ ...((await shown()) as unknown as object), theme: 'light' })).status).toBe(200);
    expect(await openedKey('anthropic')).toBe('sk-ant-1');
    expect((await write({ OPENAI_API_KEY: '' })).status).toBe(200);
    expect(Object.keys((await policy()).integrations)).toEqual(['anthropic']);
    expect(await shown()).toEqual({ ANTHROPIC_BASE_URL: 'https://a.example' });
  });

  it('older form: other secrets are refused, because they would lie in the open', async () => {
    for (const body of [{ MISTRAL_API_KEY: 'x' }, { env: { SOME_TOKEN: 'x' } }, { password: 'x' }]) {
      expect((await project.admin('PUT', settings(), body)).status).toBe(400);
    }
    const created = await api.operator('POST', '/accounts/projects', { name: 'x', settings: { OPENAI_API_KEY: 'sk-of-the-beginning-1' } });
    expect((await api.operator('GET', `/accounts/projects/${created.body['id']}/settings/openai`)).body).toMatchObject({ api_key_set: true });
  });

  it('keys are sealed at rest', async () => {
    await project.admin('PUT', `${settings()}/openai`, { api_key: 'sk-in-the-open-0123456789' });
    const client = new pg.Client(api.config.DATABASE_URL);
    await client.connect();
    const { rows } = await client.query<{ row: string }>('SELECT to_jsonb(integrations)::text AS row FROM accounts.integrations WHERE project_id = $1', [project.id]);
    await client.end();
    expect(rows).toHaveLength(1);
    expect(rows[0]!.row).not.toContain('sk-in-the-open');
  });
});
