import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createBrowser } from '@llm-proxy/testing';
import { apiGrantOf, readParticipantToken } from '@llm-proxy/shared-auth';
import { type Ask, runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

const CLI = { client_id: 'p8xy1ZUi73jJUJbNfTg92HUSDpCSZJcc', redirect_uri: 'http://localhost:8765/callback' };
const PASSWORD = 'a password of the spec';

describe('users as callers', () => {
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi({ PUBLIC_URL: 'http://localhost:8080' });
  });
  beforeEach(async () => {
    project = await api.newProject();
  });
  afterAll(() => api.close());

  const newUser = async (email = `${randomUUID()}@example.com`) => {
    const { body } = await api.operator('POST', '/accounts/users', { email, password: PASSWORD });
    return { id: String(body['id']), email };
  };
  /** @returns a client with an access token for these scopes */
  const signIn = async (email: string, scope = 'admin'): Promise<Ask> => {
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({ response_type: 'code', ...CLI, scope, code_challenge: createHash('sha256').update(verifier).digest('base64url') });
    const browser = createBrowser();
    const consent = await browser.press(await browser.open(`${api.url}/oauth/authorize?${query}`), 'sign_in', { email, password: PASSWORD });
    const { leftTo } = await browser.press(consent, 'allow');
    const code = leftTo!.searchParams.get('code');
    const { body } = await api.anonymous('POST', '/oauth/token', { grant_type: 'authorization_code', code, code_verifier: verifier, ...CLI });
    return api.as(body['access_token']!);
  };
  const users = (id = '') => `${project.path}/users${id}`;
  const add = (member: object) => project.admin('POST', users(), member);
  const mayCallModels = async () => (await api.service('GET', `/internal/projects/${project.id}/policy`)).body['llmProxyUserIds'] as unknown as string[];

  it('are what their membership says, from one request to the next', async () => {
    const ann = await newUser();
    const ask = await signIn(ann.email);
    expect([(await ask('GET', project.path)).status, await mayCallModels()]).toEqual([404, []]);
    await add({ user_id: ann.id, roles: ['llm_proxy_user'] });
    expect([(await ask('GET', project.path)).status, (await ask('GET', users())).status, await mayCallModels()]).toEqual([200, 403, [ann.id]]);
    expect((await ask('GET', `${project.path}/role`)).body).toMatchObject({ role: 'member', can_use_llm_proxy: true, is_developer: false });
    await project.admin('PUT', users(`/${ann.id}`), { roles: ['room_creator'] });
    expect([(await ask('POST', `${project.path}/rooms`, { name: 'mine' })).status, await mayCallModels()]).toEqual([200, []]);
    await project.admin('PUT', users(`/${ann.id}`), { roles: ['developer'] });
    expect([(await ask('GET', users())).status, (await add({ email: ann.email })).status, await mayCallModels()]).toEqual([200, 409, [ann.id]]);
    await project.admin('DELETE', users(`/${ann.id}`));
    expect([(await ask('GET', project.path)).status, await mayCallModels()]).toEqual([404, []]);
  });

  it('own what they make, and stay in the audit log by name', async () => {
    const ann = await newUser();
    const ask = await signIn(ann.email);
    const { id } = (await ask('POST', '/accounts/projects', { name: 'Of Ann' })).body;
    expect((await ask('GET', `/accounts/projects/${id}/users`)).body['users']).toMatchObject([{ id: ann.id, direct_roles: ['member', 'owner'], is_admin: true }]);
    expect((await ask('GET', `/accounts/projects/${id}/audit`)).body['entries']).toMatchObject([{ action: 'project.created', actor: { type: 'user', id: ann.id, name: ann.email } }]);
    const about = { subject: { type: 'user', id: 'me' } };
    expect((await ask('POST', `/accounts/projects/${id}/access:bindings`, about)).body['access_grants']).toMatchObject([{ direct_roles: ['owner'] }]);
  });

  it('accept invitations when they are made, and meet those they share a project with', async () => {
    const email = `${randomUUID()}@example.com`;
    await add({ email: email.toUpperCase(), roles: ['developer'] });
    expect((await project.admin('GET', users())).body['users']).toMatchObject([{ status: 'invited' }]);
    const [ann, bob, carl] = [await newUser(email), await newUser(), await newUser()];
    await add({ user_id: bob.id });
    expect((await project.admin('GET', users(`?email=${encodeURIComponent(email)}`))).body['users']).toMatchObject([{ id: ann.id, status: 'active', is_developer: true }]);
    const ask = await signIn(ann.email);
    const profile = async (id: string) => (await ask('GET', `/accounts/profiles/${id}`)).status;
    expect([await profile(ann.id), await profile(bob.id), await profile(carl.id)]).toEqual([200, 200, 404]);
    expect([(await ask('PUT', `/accounts/profiles/me`, { first_name: 'Ann' })).status, (await ask('PUT', `/accounts/profiles/${bob.id}`, { first_name: 'x' })).status]).toEqual([200, 403]);
  });

  it('do through a program what they allowed it, and nothing that would get around it', async () => {
    const ann = await newUser();
    await add({ user_id: ann.id, roles: ['admin'] });
    const ask = await signIn(ann.email, 'projects:read rooms:read rooms:create rooms:connect apiKeys:create serviceAccounts:create oauthClients:create');
    const lacking = (scope: string) => ({ status: 403, body: { error: { message: `The access token lacks the scope ${scope}.` } } });
    expect(await ask('GET', users())).toMatchObject(lacking('projects:iam.read'));
    expect(await ask('POST', `${project.path}/rooms`, { name: 'r' })).toMatchObject({ status: 200 });
    expect(await ask('DELETE', `${project.path}/rooms/r`)).toMatchObject(lacking('rooms:delete'));
    expect((await ask('POST', `${project.path}/api-keys`, { name: 'k' })).body.error).toMatchObject({ code: 'forbidden', message: expect.stringMatching(/more rights/) });
    expect((await ask('POST', `${project.path}/service-accounts`, { name: 'made' })).body).toMatchObject({ roles: [] });
    expect((await ask('POST', `${project.path}/oauth/clients`, { grant_types: ['client_credentials'] })).body.error).toMatchObject({ code: 'forbidden', message: expect.stringMatching(/may not call models/) });
    expect((await ask('POST', `${project.path}/participant-tokens`, { name: 'ann', room_name: 'r' })).status).toBe(403);
    const llmOf = async (by: Ask) => {
      const { body } = await by('POST', `${project.path}/rooms/r/connect`);
      const claims = readParticipantToken(body['jwt']!)!;
      expect(claims.name).toBe(ann.email);
      return apiGrantOf(claims)?.llm;
    };
    expect([await llmOf(ask), await llmOf(await signIn(ann.email, 'rooms:connect llm_proxy'))]).toEqual([undefined, expect.anything()]);
  });

  it('open a room that was opened to them, and no other', async () => {
    const ann = await newUser();
    await add({ user_id: ann.id });
    for (const name of ['open', 'closed']) await project.admin('POST', `${project.path}/rooms`, { name });
    await project.admin('POST', `${project.path}/room-grants`, { room_id: 'open', user_id: ann.id, permissions: { messaging: {} } });
    const ask = await signIn(ann.email);
    expect((await ask('GET', `${project.path}/rooms`)).body['rooms']).toMatchObject([{ name: 'open' }]);
    const connect = async (room: string) => (await ask('POST', `${project.path}/rooms/${room}/connect`)).status;
    expect([await connect('open'), await connect('closed')]).toEqual([200, 403]);
  });

  it('without the role for it make no programs that act for themselves', async () => {
    const ann = await newUser();
    await add({ user_id: ann.id, roles: ['oauth_client_manager'] });
    const ask = await signIn(ann.email);
    const clients = `${project.path}/oauth/clients`;
    expect((await ask('POST', clients, { grant_types: ['client_credentials'] })).status).toBe(403);
    const { body } = await ask('POST', clients, { redirect_uris: ['https://app.example.com/callback'] });
    expect((await ask('PUT', `${clients}/${body['client_id']}`, { grant_types: ['client_credentials'] })).status).toBe(403);
    expect((await ask('PUT', `${clients}/${body['client_id']}`, { metadata: { name: 'App' } })).status).toBe(200);
    expect((await ask('DELETE', `${clients}/${body['client_id']}`)).status).toBe(204);
    const { body: log } = await project.admin('GET', `${project.path}/audit?target=${body['client_id']}`);
    expect((log['entries'] as unknown as { action: string }[]).map(({ action }) => action)).toEqual(['oauth_client.deleted', 'oauth_client.updated', 'oauth_client.created']);
    expect(JSON.stringify(log)).not.toContain(body['client_secret']);
  });
});
