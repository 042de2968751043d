import { randomUUID } from 'node:crypto';
import { expandRoles } from '@llm-proxy/shared-auth';
import { type Database, openDatabase } from '../database/database.js';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';
import { acceptInvitations } from './accept-invitations.js';

describe('members', () => {
  let api: RunningAccountsApi;
  let database: Database;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi();
    database = openDatabase(api.config.DATABASE_URL);
  });
  beforeEach(async () => {
    project = await api.newProject();
  });
  afterAll(async () => {
    await database.$disconnect();
    await api.close();
  });

  const users = (rest = '') => `${project.path}/users${rest}`;
  const newUser = (email = `${randomUUID()}@example.com`) => database.user.create({ data: { email, firstName: 'Ann', lastName: 'Lee' } });
  const add = (body: object, ask = project.admin) => ask('POST', users(), { project_id: project.id, ...body });
  const list = async (query = '') => (await project.admin('GET', users(query))).body as unknown as { users: Record<string, unknown>[]; total: number; continuation_token: string | null };
  const test = async (subject: object, relation: string, ask = project.admin) =>
    (await ask('POST', `${project.path}/access:test`, { subject, resource: { type: 'project', id: project.id }, relation })).body['allowed'] as unknown as boolean;

  it('are added by id or e-mail, listed for clients of both generations, changed and removed', async () => {
    const user = await newUser();
    expect((await add({ user_id: user.id, roles: ['developer'] })).body).toEqual({ ok: true });
    const who = { id: user.id, first_name: 'Ann', last_name: 'Lee', email: user.email };
    const flags = { is_admin: false, is_developer: true, can_create_rooms: false, can_create_agents: false, can_use_llm_proxy: false };
    expect(await list()).toEqual({ users: [{ user: who, direct_roles: ['member', 'developer'], ...who, ...flags, status: 'active' }], total: 1, continuation_token: null });
    expect((await project.admin('PUT', users(`/${user.id}`), { roles: ['usage_reporter'] })).body).toEqual({ ok: true });
    expect((await list()).users[0]).toMatchObject({ direct_roles: ['member', 'usage_reporter'], is_developer: false });
    expect((await project.admin('DELETE', users(`/${user.id}`))).body).toEqual({ ok: true });
    expect((await list()).users).toEqual([]);
    expect((await project.admin('DELETE', users(`/${user.id}`))).body.error?.code).toBe('member_not_found');
    expect((await add({ email: user.email.toUpperCase(), is_admin: true })).status).toBe(200);
    expect((await list(`?email=${user.email}`)).users[0]).toMatchObject({ id: user.id, is_admin: true });
  });

  it('the switches of older clients decide what they stand for and leave the rest', async () => {
    const user = await newUser();
    await add({ user_id: user.id, is_admin: false, is_developer: true, can_create_rooms: true, can_use_llm_proxy: null });
    await project.admin('PUT', users(`/${user.id}`), { roles: ['developer', 'billing_manager', 'agent_creator'] });
    await project.admin('PUT', users(`/${user.id}`), { is_admin: false, is_developer: false, can_create_rooms: true, can_use_llm_proxy: true });
    expect((await list()).users[0]).toMatchObject({
      direct_roles: ['member', 'billing_manager', 'agent_creator', 'room_creator', 'mailbox_creator', 'route_creator', 'scheduled_task_creator', 'llm_proxy_user'],
      can_create_rooms: true,
      can_create_agents: true,
      can_use_llm_proxy: true,
    });
  });

  it('who is unknown is invited, and joins with these roles at the first sign-in', async () => {
    const email = `${randomUUID()}@example.com`;
    expect((await add({ email: ` ${email.toUpperCase()} `, roles: ['developer'], invite_redirect_url: 'https://app.example/x' })).status).toBe(200);
    const [invited] = (await list()).users;
    expect(invited).toMatchObject({ email, status: 'invited', direct_roles: ['member', 'developer'] });
    expect((await project.admin('PUT', users(`/${String(invited!['id'])}`), { roles: ['usage_reporter'] })).status).toBe(200);
    const user = await newUser(email);
    expect(await database.$transaction((transaction) => acceptInvitations(transaction, user))).toBe(1);
    expect(await database.$transaction((transaction) => acceptInvitations(transaction, user))).toBe(0);
    expect((await list()).users).toMatchObject([{ id: user.id, status: 'active', direct_roles: ['member', 'usage_reporter'] }]);
    const actions = (await project.admin('GET', `${project.path}/audit?actor=system`)).body['entries'] as unknown as { action: string }[];
    expect(actions.map(({ action }) => action)).toEqual(['member.joined']);
  });

  it('an invitation can be taken back', async () => {
    await add({ email: 'late@example.com', roles: [] });
    const [invited] = (await list()).users;
    expect((await project.admin('DELETE', users(`/${String(invited!['id'])}`))).status).toBe(200);
    expect(await list()).toMatchObject({ users: [], total: 0 });
  });

  it('nobody is in twice, also when added at once', async () => {
    const user = await newUser();
    for (const body of [{ user_id: user.id }, { email: 'somebody-new@example.com' }]) {
      const answers = await Promise.all(Array.from({ length: 6 }, () => add({ ...body, roles: ['developer'] })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
      expect(answers.find(({ status }) => status === 409)?.body.error?.code).toBe('member_exists');
    }
    expect((await list()).total).toBe(2);
  });

  it('changes at once do not overwrite each other', async () => {
    const user = await newUser();
    await add({ user_id: user.id, roles: [] });
    const switches = ['is_developer', 'can_create_rooms', 'can_create_agents', 'can_use_llm_proxy'];
    await Promise.all(switches.map((flag) => project.admin('PUT', users(`/${user.id}`), { [flag]: true })));
    expect((await list()).users[0]).toMatchObject(Object.fromEntries(switches.map((flag) => [flag, true])));
  });

  it('are listed in pages and found by a part of their name', async () => {
    for (const name of ['c', 'a', 'b']) await add({ email: `${name}.${project.id}@example.com`, roles: [] });
    const emails = (body: { users: Record<string, unknown>[] }) => body.users.map(({ email }) => String(email)[0]).join('');
    const first = await list('?page_size=2');
    expect([emails(first), first.total, first.continuation_token]).toEqual(['ab', 3, '2']);
    expect(emails(await list('?page_size=2&continuation_token=2'))).toBe('c');
    expect(emails(await list('?count=1&offset=1'))).toBe('b');
    expect(emails(await list('?filter=A.'))).toBe('a');
    expect(emails(await list('?filter=%25'))).toBe('');
    expect(emails(await list(`?filter=${encodeURIComponent("' OR 1=1 --")}`))).toBe('');
  });

  it.each([
    [{}, /^email: /],
    [{ email: 'nobody' }, /^email: /],
    [{ email: 'а@example.com' }, /^email: .*ASCII/],
    [{ email: 'ann@exаmple.com' }, /^email: .*ASCII/],
    [{ email: 'ann@example.com\r\nx: y' }, /^email: /],
    [{ email: `${'x'.repeat(400)}@example.com` }, /^email: /],
    [{ email: 'a@example.com', roles: ['king'] }, /^roles\.0: /],
    [{ email: 'a@example.com', roles: ['owner'] }, /^roles\.0: /],
    [{ email: 'a@example.com', roles: 'admin' }, /^roles: /],
    [{ email: 'a@example.com', is_admin: 'yes' }, /^is_admin: /],
    [{ email: 'a@example.com', invite_redirect_url: 'javascript:alert(1)' }, /^invite_redirect_url: /],
  ])('%j: 400 with the field', async (body, message) => {
    expect(await add(body)).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(message) } } });
  });

  it('what is no user is not found', async () => {
    for (const id of [randomUUID(), 'x', "' OR 1=1"]) {
      expect((await add({ user_id: id })).body.error?.code).toBe('user_not_found');
      expect((await project.admin('PUT', users(`/${encodeURIComponent(id)}`), { roles: [] })).body.error?.code).toBe('member_not_found');
    }
    expect((await project.admin('PUT', users(`/${randomUUID()}`), {})).status).toBe(400);
  });

  it('the owner is listed as such, stays, and stays owner', async () => {
    const owner = await newUser();
    await database.projectMember.create({ data: { projectId: project.id, userId: owner.id, roles: ['owner'] } });
    expect((await list()).users[0]).toMatchObject({ direct_roles: ['member', 'owner'], is_admin: true, can_use_llm_proxy: true });
    expect((await project.admin('DELETE', users(`/${owner.id}`))).body.error?.code).toBe('owner_stays');
    expect((await project.admin('PUT', users(`/${owner.id}`), { roles: [] })).status).toBe(200);
    expect((await list()).users[0]).toMatchObject({ direct_roles: ['member', 'owner'] });
  });

  describe('access', () => {
    it.each([
      [['admin'], { llm_proxy_user: true, admin: true, 'settings.manage': true, owner: false, 'usage.read_all': false, nonsense: false }],
      [['developer'], { llm_proxy_user: true, room_creator: true, 'member.manage': false, api_key_creator: false }],
      [['llm_proxy_user'], { llm_proxy_user: true, developer: false, member: true, 'room.read': true }],
      [[], { llm_proxy_user: false, room_creator: false, member: true, 'project.read': true, constructor: false, __proto__: false }],
    ])('of a user with roles %j', async (roles, expected) => {
      const user = await newUser();
      await add({ user_id: user.id, roles });
      for (const [relation, allowed] of Object.entries(expected)) {
        expect({ relation, allowed: await test({ type: 'user', id: user.id }, relation) }).toEqual({ relation, allowed });
        expect({ relation, allowed: await test({ type: 'user', email: user.email }, relation) }).toEqual({ relation, allowed });
      }
      const { body } = await project.admin('POST', `${project.path}/access:effective`, { subject: { type: 'user', id: user.id }, resource: { type: 'project', id: project.id }, relations: ['llm_proxy_user'] });
      expect((body['effective_roles'] as unknown as string[]).sort()).toEqual([...expandRoles(roles)].sort());
      expect(body['capabilities']).toEqual({ llm_proxy_user: expected.llm_proxy_user });
    });

    it('of nobody, of another project and of what holds no roles: none', async () => {
      const user = await newUser();
      expect(await test({ type: 'user', id: user.id }, 'member')).toBe(false);
      expect(await test({ type: 'group', id: 'x' }, 'member')).toBe(false);
      expect(await test({ type: 'userset' }, 'member')).toBe(false);
      const other = await project.admin('POST', `${project.path}/access:test`, { subject: { type: 'user', id: 'me' }, resource: { type: 'project', id: randomUUID() }, relation: 'admin' });
      expect(other.body).toMatchObject({ allowed: false });
    });

    it('of oneself: anybody asks; of others: developers', async () => {
      const account = await project.admin('POST', `${project.path}/service-accounts`, { name: 'weak' });
      const id = account.body['id']!;
      const key = await project.admin('POST', `${project.path}/service-accounts/${id}/api-keys`, { name: 'k' });
      await project.admin('POST', `${project.path}/iam/project/${project.id}/policy:revoke`, { subject: { type: 'service_account', id } });
      const weak = api.as(key.body['value']!);
      expect(await test({ type: 'user', id: 'me' }, 'admin', weak)).toBe(false);
      expect(await test({ type: 'service_account', id }, 'member', weak)).toBe(true);
      const question = { subject: { type: 'user', email: 'a@example.com' }, resource: { type: 'project', id: project.id }, relation: 'admin' };
      for (const what of ['test', 'effective', 'bindings']) expect((await weak('POST', `${project.path}/access:${what}`, question)).status).toBe(403);
      expect(await test({ type: 'user', id: 'me' }, 'admin')).toBe(true);
      expect(await test({ type: 'user', id: 'me' }, 'usage.read_all', api.operator)).toBe(true);
    });

    it('bindings: the roles as they were given', async () => {
      const user = await newUser();
      await add({ user_id: user.id, roles: ['developer'] });
      const { body } = await project.admin('POST', `${project.path}/access:bindings`, { subject: { type: 'user', id: user.id } });
      expect(body['access_grants']).toMatchObject([{ resource: { type: 'project', id: project.id }, subject: { id: user.id }, direct_roles: ['developer'] }]);
      expect((await project.admin('POST', `${project.path}/access:bindings`, { subject: { type: 'user', id: randomUUID() } })).body['access_grants']).toEqual([]);
    });

    it('policy: roles are added one grant after the other, and revoked at once', async () => {
      const user = await newUser();
      const policy = `${project.path}/iam/project/${project.id}/policy`;
      const subject = { type: 'user', email: user.email };
      expect((await project.admin('POST', `${policy}:grant`, { subject, roles: ['room_creator'] })).status).toBe(200);
      expect((await project.admin('POST', `${policy}:grant`, { subject, roles: ['usage_reporter'] })).status).toBe(200);
      const { body } = await project.admin('GET', policy);
      expect(body).toMatchObject({
        resource: { type: 'project', id: project.id },
        access_grants: [
          { subject: { type: 'user', id: user.id, email: user.email }, direct_roles: ['room_creator', 'usage_reporter'] },
          { subject: { type: 'service_account' }, direct_roles: ['admin'] },
        ],
        continuation_token: null,
      });
      const first = await project.admin('GET', `${policy}?page_size=1`);
      const second = await project.admin('GET', `${policy}?page_size=1&continuation_token=${first.body['continuation_token']}`);
      expect([first, second].map(({ body: page }) => (page['access_grants'] as unknown as { subject: { type: string } }[]).map((grant) => grant.subject.type))).toEqual([['user'], ['service_account']]);
      expect((await project.admin('POST', `${policy}:revoke`, { subject })).status).toBe(200);
      expect(await test(subject, 'member')).toBe(false);
      expect((await project.admin('POST', `${policy}:revoke`, { subject })).status).toBe(404);
      expect((await project.admin('POST', `${policy}:grant`, { subject, roles: ['owner'] })).status).toBe(400);
      expect((await project.admin('POST', `${policy}:grant`, { subject: { type: 'group', id: 'x' }, roles: ['admin'] })).status).toBe(400);
      expect((await project.admin('POST', policy.replace('/project/', '/room/').concat(':grant'), { subject, roles: ['admin'] })).status).toBe(400);
    });
  });

  it('an API key is what its service account is, and follows it', async () => {
    const account = await project.admin('POST', `${project.path}/service-accounts`, { name: 'ci' });
    const key = await project.admin('POST', `${project.path}/service-accounts/${account.body['id']}/api-keys`, { name: 'k' });
    const ask = api.as(key.body['value']!);
    const subject = { type: 'service_account', email: account.body['email'] };
    const policy = `${project.path}/iam/project/${project.id}/policy`;
    const mayCall = async () => {
      const { body } = await api.service('GET', `/internal/projects/${project.id}/policy`);
      return (body['apiKeys'] as unknown as { id: string; mayUseLlm: boolean }[]).find(({ id }) => id === key.body['id'])?.mayUseLlm;
    };
    expect([(await ask('GET', users())).status, await mayCall()]).toEqual([200, true]);
    await project.admin('POST', `${policy}:revoke`, { subject });
    expect([(await ask('GET', users())).status, (await ask('GET', project.path)).status, await mayCall()]).toEqual([403, 200, false]);
    expect((await ask('GET', `${project.path}/role`)).body).toMatchObject({ role: 'member', can_use_llm_proxy: false });
    await project.admin('POST', `${policy}:grant`, { subject, roles: ['developer'] });
    expect([(await ask('GET', users())).status, (await ask('POST', users(), { email: 'x@example.com' })).status, await mayCall()]).toEqual([200, 403, true]);
  });

  it('nobody hands on more than they have', async () => {
    const account = await project.admin('POST', `${project.path}/service-accounts`, { name: 'maker' });
    const id = account.body['id']!;
    const key = await project.admin('POST', `${project.path}/service-accounts/${id}/api-keys`, { name: 'k' });
    const policy = `${project.path}/iam/project/${project.id}/policy`;
    await project.admin('POST', `${policy}:revoke`, { subject: { type: 'service_account', id } });
    await project.admin('POST', `${policy}:grant`, { subject: { type: 'service_account', id }, roles: ['service_account_manager', 'api_key_manager', 'participant_token_creator'] });
    const maker = api.as(key.body['value']!);
    expect((await maker('POST', `${project.path}/api-keys`, { name: 'mine' })).body.error).toMatchObject({ code: 'forbidden', message: expect.stringMatching(/more rights/) });
    const made = await maker('POST', `${project.path}/service-accounts`, { name: 'made' });
    expect(made.body).toMatchObject({ roles: [] });
    expect((await maker('POST', `${project.path}/service-accounts/${made.body['id']}/api-keys`, { name: 'k' })).status).toBe(200);
    expect((await maker('POST', `${policy}:grant`, { subject: { type: 'service_account', id }, roles: ['admin'] })).status).toBe(403);
    expect((await maker('POST', `${project.path}/participant-tokens`, { name: 'ann', room_name: 'r' })).status).toBe(403);
    expect((await maker('POST', `${project.path}/participant-tokens`, { name: 'ann', room_name: 'r', api: {} })).status).toBe(200);
  });
});
