import pg from 'pg';
import { mintParticipantToken, parseApiKey } from '@llm-proxy/shared-auth';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

describe('service accounts and API keys', () => {
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi();
  });
  beforeEach(async () => {
    project = await api.newProject();
  });
  afterAll(() => api.close());

  const accounts = () => `${project.path}/service-accounts`;
  const newAccount = async (name: string): Promise<string> => (await project.admin('POST', accounts(), { name, description: '' })).body['id']!;

  it('service accounts: create, list, get, find by name', async () => {
    const created = await project.admin('POST', accounts(), { name: 'ci', description: null, displayName: 'CI', metadata: { team: 'a' } });
    const key = (await project.admin('GET', project.path)).body['project_key'];
    expect(created).toMatchObject({
      status: 200,
      body: { key: 'ci', name: 'ci', display_name: 'CI', description: '', metadata: { team: 'a' }, annotations: {}, email: `ci@service.${key}.llm.example.com`, project_id: project.id },
    });
    const id = created.body['id'];
    expect((await project.admin('GET', `${accounts()}/${id}`)).body).toEqual(created.body);
    expect((await project.admin('GET', `${accounts()}/by-name/ci`)).body).toEqual(created.body);
    for (const filter of ['ci', id]) {
      expect((await project.admin('GET', `${accounts()}?page_size=100&filter=${filter}`)).body).toMatchObject({ service_accounts: [created.body], continuation_token: null });
    }
    expect((await project.admin('POST', accounts(), { name: 'ci' })).body.error?.code).toBe('service_account_exists');
    expect((await project.admin('GET', `${accounts()}/by-name/%00`)).status).toBe(404);
    expect((await project.admin('GET', `${accounts()}/none`)).body.error?.code).toBe('service_account_not_found');
  });

  it('older form: keys of the default account; the value is shown once', async () => {
    const created = await project.admin('POST', `${project.path}/api-keys`, { name: 'laptop', description: 'mine' });
    const value: string = created.body['value']!;
    expect(created).toMatchObject({ status: 200, body: { name: 'laptop', description: 'mine', project_id: project.id } });
    expect(parseApiKey(value)).toMatchObject({ keyId: created.body['id'], projectId: project.id });
    expect((await api.as(value)('GET', project.path)).status).toBe(200);
    const listed = await project.admin('GET', `${project.path}/api-keys?count=100&offset=0`);
    expect(listed.body).toMatchObject({ keys: [{ id: created.body['id'], name: 'laptop' }, { id: project.apiKeyId }], total: 2 });
    expect(JSON.stringify(listed.body)).not.toMatch(/value|secret/i);
    expect((await project.admin('DELETE', `${project.path}/api-keys/${created.body['id']}`)).status).toBe(204);
    expect((await api.as(value)('GET', project.path)).status).toBe(401);
    expect((await project.admin('DELETE', `${project.path}/api-keys/${created.body['id']}`)).body.error?.code).toBe('api_key_not_found');
  });

  it('newer form: keys of any account', async () => {
    const account = await newAccount('ci');
    const created = await project.admin('POST', `${accounts()}/${account}/api-keys`, { name: 'build', description: '' });
    expect(created.body).toMatchObject({ service_account_id: account, value: expect.stringMatching(/^ma-/) });
    expect((await project.admin('GET', `${accounts()}/${account}/api-keys`)).body).toMatchObject({ keys: [{ id: created.body['id'] }] });
    expect((await project.admin('GET', `${project.path}/api-keys`)).body['total']).toBe(1);
    const other = await newAccount('other');
    expect((await project.admin('DELETE', `${accounts()}/${other}/api-keys/${created.body['id']}`)).status).toBe(404);
    expect((await project.admin('DELETE', `${accounts()}/${account}/api-keys/${created.body['id']}`)).status).toBe(204);
    expect((await api.as(created.body['value']!)('GET', project.path)).status).toBe(401);
  });

  it.each(['id', 'value'])('api-keys:revoke by %s', async (by) => {
    const account = await newAccount('ci');
    const created = await project.admin('POST', `${accounts()}/${account}/api-keys`, { name: 'leaked' });
    const revoked = await project.admin('POST', `${accounts()}/${account}/api-keys:revoke`, { msid: created.body[by] });
    expect(revoked).toMatchObject({ status: 200, body: { revoked: [created.body['id']] } });
    expect((await api.as(created.body['value']!)('GET', project.path)).status).toBe(401);
    expect((await project.admin('POST', `${accounts()}/${account}/api-keys:revoke`, { msid: 'x' })).status).toBe(404);
    expect((await project.admin('POST', `${accounts()}/${account}/api-keys:revoke`, {})).body.error?.message).toMatch(/^msid: /);
  });

  it('service accounts: changed and deleted, their keys with them; the default one stays', async () => {
    const id = await newAccount('ci');
    const created = await project.admin('POST', `${accounts()}/${id}/api-keys`, { name: 'build' });
    const changed = await project.admin('PUT', `${accounts()}/${id}`, { name: 'cd', description: 'deploys', display_name: null, metadata: { a: 1 } });
    expect(changed.body).toMatchObject({ id, name: 'cd', key: 'ci', description: 'deploys', metadata: { a: 1 } });
    await newAccount('other');
    expect((await project.admin('PUT', `${accounts()}/${id}`, { name: 'other' })).body.error?.code).toBe('service_account_exists');
    expect((await project.admin('DELETE', `${accounts()}/${id}`)).status).toBe(200);
    expect((await project.admin('DELETE', `${accounts()}/${id}`)).status).toBe(404);
    expect((await api.as(created.body['value']!)('GET', project.path)).status).toBe(401);
    const standard = (await project.admin('GET', `${accounts()}/by-name/default`)).body['id'];
    expect((await project.admin('DELETE', `${accounts()}/${standard}`)).body.error?.code).toBe('service_account_needed');
    expect((await project.admin('PUT', `${accounts()}/${standard}`, { name: 'mine' })).body.error?.code).toBe('service_account_needed');
    expect((await project.admin('PUT', `${accounts()}/${standard}`, { name: 'default', description: 'd' })).status).toBe(200);
  });

  it('service accounts of the same name at once: one is made', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => project.admin('POST', accounts(), { name: 'twin' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
  });

  it('rotation: both keys work while they overlap, then the new one alone', async () => {
    const account = await newAccount('ci');
    const keys = `${accounts()}/${account}/api-keys`;
    const old = await project.admin('POST', keys, { name: 'build', description: 'd' });
    const next = await project.admin('POST', `${keys}/${old.body['id']}/rotate`, { overlap_seconds: 3_600 });
    expect(next.body).toMatchObject({ name: 'build', description: 'd', expires_at: null, value: expect.stringMatching(/^ma-/) });
    const statuses = async () => Promise.all([old, next].map(async ({ body }) => (await api.as(body['value']!)('GET', project.path)).status));
    expect(await statuses()).toEqual([200, 200]);
    const listed = (await project.admin('GET', keys)).body['keys'] as unknown as { id: string; expires_at: string | null }[];
    const end = Date.parse(listed.find(({ id }) => id === old.body['id'])!.expires_at!);
    expect(Math.abs(end - Date.now() - 3_600_000)).toBeLessThan(60_000);
    expect((await project.admin('POST', `${keys}/${old.body['id']}/rotate`, { overlap_seconds: 0 })).status).toBe(200);
    expect(await statuses()).toEqual([401, 200]);
    expect((await project.admin('POST', `${keys}/${old.body['id']}/rotate`)).body.error?.code).toBe('api_key_not_found');
    expect((await project.admin('POST', `${keys}/${next.body['id']}/rotate`, { overlap_seconds: -1 })).status).toBe(400);
    const { secret } = parseApiKey(old.body['value']!)!;
    const token = mintParticipantToken({ name: 'ann', grants: [], sub: project.id, kid: old.body['id']! }, secret);
    expect((await api.anonymous('POST', '/api/participant-token/validate', { token })).status).toBe(400);
  });

  it('last use: as gateways report it, never back and never ahead', async () => {
    const { body } = await project.admin('POST', `${project.path}/api-keys`, { name: 'quiet' });
    const id = body['id']!;
    const lastUsed = async () => ((await project.admin('GET', `${project.path}/api-keys`)).body['keys'] as unknown as { id: string; last_used_at: string | null }[]).find((key) => key.id === id)!.last_used_at;
    const report = (...times: number[]) => api.service('POST', '/internal/api-keys/used', { keys: times.map((usedAtMs) => ({ id, usedAtMs })) });
    expect(await lastUsed()).toBeNull();
    expect((await report(1_700_000_000_000, 1_600_000_000_000)).status).toBe(200);
    expect(await lastUsed()).toBe('2023-11-14T22:13:20.000Z');
    await report(1_650_000_000_000);
    expect(await lastUsed()).toBe('2023-11-14T22:13:20.000Z');
    await report(Date.now() + 86_400_000);
    expect(Date.parse((await lastUsed())!)).toBeLessThanOrEqual(Date.now());
    expect((await report(-1)).status).toBe(400);
    expect((await api.service('POST', '/internal/api-keys/used', { keys: [] })).status).toBe(200);
  });

  it("another project's account and keys are not there", async () => {
    const other = await api.newProject();
    const [account] = (await other.admin('GET', `${other.path}/service-accounts`)).body['service_accounts'] as unknown as { id: string }[];
    expect((await project.admin('GET', `${accounts()}/${account!.id}`)).status).toBe(404);
    expect((await project.admin('POST', `${accounts()}/${account!.id}/api-keys`, { name: 'x' })).status).toBe(404);
    expect((await project.admin('DELETE', `${project.path}/api-keys/${other.apiKeyId}`)).status).toBe(404);
    expect((await other.admin('GET', other.path)).status).toBe(200);
  });

  it('secrets are sealed at rest', async () => {
    const client = new pg.Client(api.config.DATABASE_URL);
    await client.connect();
    const { rows } = await client.query<{ row: string }>('SELECT to_jsonb(api_keys)::text AS row FROM accounts.api_keys');
    await client.end();
    expect(rows.length).toBeGreaterThan(0);
    const { secret } = parseApiKey(project.apiKey)!;
    for (const { row } of rows) expect(row).not.toContain(secret);
  });
});
