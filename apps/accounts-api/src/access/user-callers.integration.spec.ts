import { randomUUID } from 'node:crypto';
import { apiGrantOf, assignableRoles, readParticipantToken } from '@llm-proxy/shared-auth';
import { type Ask, runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';
import { newUser as makeUser, signIn as signInto } from './signed-in-user.suite.js';

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

  const newUser = (email?: string) => makeUser(api, email);
  const signIn = (email: string, scope?: string) => signInto(api, email, scope);
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
    expect((await ask('POST', `/accounts/projects/${id}/access:bindings`, about)).body['access_grants']).toMatchObject([{ direct_roles: ['admin'] }]);
    const { access_grants } = (await ask('GET', `/accounts/projects/${id}/iam/project/${id}/policy`)).body as unknown as { access_grants: { subject: { id: string }; direct_roles: string[] }[] };
    const assignable: readonly string[] = assignableRoles;
    expect(access_grants.map(({ subject, direct_roles }) => [subject.id === ann.id, direct_roles.filter((role) => !assignable.includes(role))])).toEqual([[true, []], [false, []]]);
  });

  it('are let into the rooms they make, with what they may do, and into no others', async () => {
    const ann = await newUser();
    await add({ user_id: ann.id, roles: ['room_creator'] });
    const ask = await signIn(ann.email);
    const rooms = `${project.path}/rooms`;
    await project.admin('POST', rooms, { name: 'of-others' });
    const made = (await ask('POST', rooms, { name: 'mine' })).body;
    expect((await ask('GET', `${rooms}/mine`)).body).toEqual(made);
    expect((await ask('GET', rooms)).body).toMatchObject({ rooms: [{ name: 'mine' }], total: 1 });
    expect((await ask('POST', rooms, { name: 'mine', if_not_exists: true })).body).toMatchObject({ id: made['id'] });
    expect(await ask('POST', rooms, { name: 'of-others', if_not_exists: true })).toMatchObject({ status: 409, body: { error: { code: 'room_exists' } } });
    const scope = async () => apiGrantOf(readParticipantToken((await ask('POST', `${rooms}/mine/connect`)).body['jwt']!)!);
    expect(Object.keys((await scope())!)).toContain('messaging');
    expect(await scope()).not.toHaveProperty('llm');
    await project.admin('PUT', users(`/${ann.id}`), { roles: ['llm_proxy_user'] });
    expect(await scope()).toHaveProperty('llm');
    expect((await ask('POST', `${rooms}/of-others/connect`)).status).toBe(403);
  });

  it('that see every room are let into none they make, unless they ask for it', async () => {
    const ann = await newUser();
    await add({ user_id: ann.id, roles: ['developer'] });
    const ask = await signIn(ann.email);
    const grants = async () => (await project.admin('GET', `${project.path}/room-grants`)).body['room_grants'];
    await ask('POST', `${project.path}/rooms`, { name: 'one' });
    expect(await grants()).toEqual([]);
    await ask('POST', `${project.path}/rooms`, { name: 'two', permissions: { [ann.id]: { messaging: {} } } });
    expect(await grants()).toMatchObject([{ room: { name: 'two' }, user_id: ann.id, permissions: { messaging: {} } }]);
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

  it('see of the rooms those that were opened to them: in lists, by id and by name, and for as long as they are', async () => {
    const [ann, bob] = [await newUser(), await newUser()];
    for (const { id } of [ann, bob]) await add({ user_id: id });
    const ids: Record<string, string> = {};
    for (const name of ['for-ann', 'for-bob', 'for-none']) ids[name] = (await project.admin('POST', `${project.path}/rooms`, { name })).body['id']!;
    const grant = (room: string, user: { id: string }) => project.admin('POST', `${project.path}/room-grants`, { room_id: room, user_id: user.id, permissions: { messaging: {} } });
    await grant('for-ann', ann);
    await grant('for-bob', bob);
    const [asAnn, asBob] = [await signIn(ann.email), await signIn(bob.email)];
    const seen = async (ask: Ask, query = '') => {
      const { rooms, total } = (await ask('GET', `${project.path}/rooms${query}`)).body as unknown as { rooms: { name: string }[]; total: number };
      return [rooms.map(({ name }) => name), total];
    };
    for (const query of ['', '?view=all', '?filter=for', '?limit=50&offset=0&order_by=room_name']) expect(await seen(asAnn, query)).toEqual([['for-ann'], 1]);
    expect(await seen(asBob)).toEqual([['for-bob'], 1]);
    expect(await seen(asAnn, '?filter=bob')).toEqual([[], 0]);
    for (const room of ['for-bob', 'for-none']) {
      for (const handle of [room, ids[room]!]) {
        expect(await asAnn('GET', `${project.path}/rooms/${handle}`)).toMatchObject({ status: 404, body: { error: { code: 'room_not_found', message: 'Room not found.' } } });
        expect((await asAnn('POST', `${project.path}/rooms/${handle}/connect`)).status).toBe(403);
      }
    }
    expect((await asAnn('GET', `${project.path}/rooms/${ids['for-ann']}`)).body).toMatchObject({ name: 'for-ann' });
    await project.admin('PUT', `${project.path}/users/${bob.id}`, { roles: ['room_inventory'] });
    expect(await seen(asBob)).toEqual([['for-ann', 'for-bob', 'for-none'], 3]);
    await project.admin('DELETE', `${project.path}/room-grants/for-ann/${ann.id}`);
    expect(await seen(asAnn)).toEqual([[], 0]);
    expect((await asAnn('POST', `${project.path}/rooms/for-ann/connect`)).status).toBe(403);
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
