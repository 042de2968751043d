import { randomUUID } from 'node:crypto';
import { policyChangesSchema, revokedTokensSchema, TOKENS_REVOKED } from '@llm-proxy/shared-auth';
import { runAccountsApi, type RunningAccountsApi, runOn } from '../running-accounts-api.suite.js';
import { CLI, PUBLIC_URL, signIn, type Tokens } from './signed-in.suite.js';

describe('revocation and introspection of access tokens', () => {
  let api: RunningAccountsApi;
  const person = { email: 'ann@example.com', password: 'a password of the spec' };
  let userId: string;

  beforeAll(async () => {
    api = await runAccountsApi({ PUBLIC_URL });
    userId = (await api.operator('POST', '/accounts/users', person)).body['id']!;
  });
  afterAll(() => api.close());

  const post = async (path: string, fields: Record<string, string>, client: Record<string, string> = { client_id: CLI.client_id }) => {
    const response = await fetch(`${api.url}/oauth/${path}`, { method: 'POST', body: new URLSearchParams({ ...client, ...fields }) });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  };
  const introspect = async (token: string, client?: Record<string, string>) => (await post('introspect', { token }, client)).body;
  const statusOf = async (token: string, replica = api) => (await replica.as(token)('GET', '/accounts/profiles/me')).status;
  const refresh = async ({ refresh_token }: Tokens) => post('token', { grant_type: 'refresh_token', refresh_token });
  const newProgram = async () => {
    const { admin, path, id } = await api.newProject();
    const { body } = await admin('POST', `${path}/oauth/clients`, { grant_types: ['client_credentials'], scope: 'llm_proxy' });
    return { projectId: id, client_id: String(body['client_id']), client_secret: String(body['client_secret']) };
  };

  it('a revoked access token ends at once, on every replica; its refresh token goes on', async () => {
    const replica = await runOn({ ...api.config, PORT: 0 });
    const tokens = await signIn(api, person);
    const said = await introspect(tokens.access_token);
    expect(said).toMatchObject({ active: true, client_id: CLI.client_id, sub: userId, token_type: 'Bearer', iss: PUBLIC_URL, aud: `${PUBLIC_URL}/api`, scope: expect.stringContaining('llm_proxy') });
    expect(said['exp']).toBeGreaterThan(Date.now() / 1_000 + 3_500);
    expect([await statusOf(tokens.access_token), await statusOf(tokens.access_token, replica)]).toEqual([200, 200]);

    expect((await post('revoke', { token: tokens.access_token, token_type_hint: 'access_token' })).status).toBe(200);
    expect([await statusOf(tokens.access_token), await statusOf(tokens.access_token, replica)]).toEqual([401, 401]);
    expect(await introspect(tokens.access_token)).toEqual({ active: false });
    const refreshed = await refresh(tokens);
    expect(refreshed.status).toBe(200);
    expect(await statusOf(String(refreshed.body['access_token']))).toBe(200);
    await replica.close();
  });

  it('gateways are told at once what was revoked, and only what is new', async () => {
    const tokens = await signIn(api, person);
    const revoked = async (query = '') => revokedTokensSchema.parse((await api.service('GET', `/internal/oauth/revoked${query}`)).body);
    const before = await revoked();
    const { next } = policyChangesSchema.parse((await api.service('GET', '/internal/changes')).body);
    const waiting = api.service('GET', `/internal/changes?after=${next}&waitMs=20000`);
    await post('revoke', { token: tokens.access_token });
    expect(policyChangesSchema.parse((await waiting).body).changes).toMatchObject([{ projectId: TOKENS_REVOKED }]);
    const jti = JSON.parse(Buffer.from(tokens.access_token.split('.')[1]!, 'base64url').toString())['jti'] as string;
    const since = await revoked(`?after=${before.next}`);
    expect(since).toMatchObject({ revoked: [{ key: `token:${jti}` }], more: false });
    expect(await revoked(`?after=${since.next}`)).toEqual({ revoked: [], next: since.next, more: false });
    expect((await revoked('?after=999999999999999')).revoked.length).toBe(before.revoked.length + 1);
    expect((await api.service('GET', '/internal/oauth/revoked?after=x')).status).toBe(400);
  });

  it('what is revoked twice is revoked once', async () => {
    const tokens = await signIn(api, person);
    const answers = await Promise.all(Array.from({ length: 5 }, () => post('revoke', { token: tokens.access_token })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await statusOf(tokens.access_token)).toBe(401);
  });

  it('a refresh token takes its access tokens along, revoked or used twice', async () => {
    const [first, second] = [await signIn(api, person), await signIn(api, person)];
    await post('revoke', { token: first.refresh_token });
    expect([await statusOf(first.access_token), await statusOf(second.access_token)]).toEqual([401, 200]);
    const refreshed = await refresh(second);
    expect((await refresh(second)).status).toBe(400);
    expect([await statusOf(second.access_token), await statusOf(String(refreshed.body['access_token']))]).toEqual([401, 401]);
    expect(await introspect(second.access_token)).toEqual({ active: false });
  });

  it('of others’ tokens a client learns nothing, and cannot end them', async () => {
    const tokens = await signIn(api, person);
    const { projectId: _, ...program } = await newProgram();
    expect(await introspect(tokens.access_token, program)).toEqual({ active: false });
    expect((await post('revoke', { token: tokens.access_token }, program)).status).toBe(200);
    expect(await statusOf(tokens.access_token)).toBe(200);
    expect((await post('introspect', { token: tokens.access_token }, { ...program, client_secret: 'x' })).status).toBe(401);
  });

  it('what is no token of ours is not active, and revoking it changes nothing', async () => {
    const { access_token } = await signIn(api, person);
    const [header, payload, signature] = access_token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, jti: 'other' })).toString('base64url');
    for (const token of [`${header}.${forged}.${signature}`, `${header}.${payload}.`, 'a.b.c', '.', `${access_token}x`, randomUUID(), 'x'.repeat(20_000)]) {
      expect(await introspect(token)).toEqual({ active: false });
      expect((await post('revoke', { token })).status).toBe(200);
    }
    expect((await post('introspect', {})).status).toBe(400);
    expect(await introspect(access_token)).toMatchObject({ active: true });
  });

  it('a program’s own tokens, by JSON and by form', async () => {
    const { projectId, ...program } = await newProgram();
    const { body } = await post('token', { grant_type: 'client_credentials', scope: 'llm_proxy' }, program);
    const token = String(body['access_token']);
    expect((await api.anonymous('POST', '/oauth/introspect', { ...program, token })).body).toMatchObject({ active: true, client_id: program.client_id, project_id: projectId });
    expect((await api.anonymous('POST', '/oauth/revoke', { ...program, token })).status).toBe(200);
    expect(await introspect(token, program)).toEqual({ active: false });
  });

  it('a deleted client’s tokens end with it', async () => {
    const { admin, path } = await api.newProject();
    const { body } = await admin('POST', `${path}/oauth/clients`, { redirect_uris: [CLI.redirect_uri], metadata: { token_endpoint_auth_method: 'none' } });
    const client = { client_id: String(body['client_id']), redirect_uri: CLI.redirect_uri };
    const [theirs, others] = [await signIn(api, person, client), await signIn(api, person)];
    expect(await statusOf(theirs.access_token)).toBe(200);
    expect((await admin('DELETE', `${path}/oauth/clients/${client.client_id}`)).status).toBe(204);
    expect([await statusOf(theirs.access_token), await statusOf(others.access_token)]).toEqual([401, 200]);
  });
});
