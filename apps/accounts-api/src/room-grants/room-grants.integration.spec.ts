import { randomUUID } from 'node:crypto';
import { expandRoles } from '@llm-proxy/shared-auth';
import { type Database, openDatabase } from '../database/database.js';
import { roomAccessOf, visibleRooms } from '../rooms/room-access.js';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

describe('room grants', () => {
  let api: RunningAccountsApi;
  let database: Database;
  let project: TestProject;
  let ann: { id: string; email: string };

  beforeAll(async () => {
    api = await runAccountsApi();
    database = openDatabase(api.config.DATABASE_URL);
  });
  beforeEach(async () => {
    project = await api.newProject();
    ann = await newMember();
    for (const name of ['a', 'b']) await project.admin('POST', `${project.path}/rooms`, { name });
  });
  afterAll(async () => {
    await database.$disconnect();
    await api.close();
  });

  const newMember = async () => {
    const user = await database.user.create({ data: { email: `${randomUUID()}@example.com` } });
    await project.admin('POST', `${project.path}/users`, { user_id: user.id, roles: [] });
    return user;
  };
  const grants = (rest = '') => `${project.path}/room-grants${rest}`;
  const open = (body: object) => project.admin('POST', grants(), { permissions: { messaging: {} }, ...body });

  it('are made by id or e-mail, read in every direction, changed and removed', async () => {
    const bob = await newMember();
    expect((await open({ room_id: 'a', user_id: ann.id })).body).toEqual({});
    expect((await open({ room_id: 'a', email: bob.email })).status).toBe(200);
    expect((await open({ room_id: 'b', email: bob.email.toUpperCase() })).status).toBe(200);
    const one = await project.admin('GET', grants(`/a/${ann.id}`));
    expect(one.body).toMatchObject({ room: { name: 'a', metadata: {} }, user_id: ann.id, user: { email: ann.email }, permissions: { messaging: {} } });
    expect((await project.admin('PUT', grants('/anything'), { room_id: 'a', user_id: ann.id, permissions: { llm: {} } })).status).toBe(200);
    expect((await project.admin('GET', grants(`/a/${ann.id}`))).body['permissions']).toEqual({ llm: {} });
    const list = async (path: string) => ((await project.admin('GET', grants(path))).body['room_grants'] as unknown as { room: { name: string } }[]).map(({ room }) => room.name).join('');
    expect([await list(''), await list('?limit=2&offset=1'), await list('/by-room/a'), await list(`/by-user/${bob.id}`), await list('/by-user/x')]).toEqual(['aab', 'ab', 'aa', 'ab', '']);
    expect((await project.admin('GET', grants('/by-room'))).body['rooms']).toMatchObject([{ room: { name: 'a' }, count: 2 }, { room: { name: 'b' }, count: 1 }]);
    const users = (await project.admin('GET', grants('/by-user'))).body['users'] as unknown as { user_id: string; count: number }[];
    expect(Object.fromEntries(users.map(({ user_id, count }) => [user_id, count]))).toEqual({ [ann.id]: 1, [bob.id]: 2 });
    expect((await project.admin('DELETE', grants(`/a/${ann.id}`))).status).toBe(200);
    expect((await project.admin('DELETE', grants(`/a/${ann.id}`))).body.error?.code).toBe('room_grant_not_found');
  });

  it('are counted in pages, of the rooms and people that a filter finds', async () => {
    const bob = await newMember();
    for (const [room_id, user_id] of [['a', ann.id], ['a', bob.id], ['b', bob.id]]) await open({ room_id, user_id });
    await database.user.update({ where: { id: bob.id }, data: { firstName: 'Bob', lastName: 'O_Neill' } });
    const page = async (path: string) => {
      const { rooms, users, total, continuation_token } = (await project.admin('GET', grants(path))).body as unknown as Record<string, { room?: { name: string }; user_id?: string; count: number }[]>;
      return [(rooms ?? users)!.map(({ room, user_id, count }) => `${room?.name ?? user_id} ${count}`), total, continuation_token];
    };
    const people = [[ann, 1], [bob, 2]] as const;
    const [first, second] = people.toSorted(([one], [other]) => (one.email < other.email ? -1 : 1)).map(([{ id }, count]) => `${id} ${count}`);
    expect(await page('/by-room')).toEqual([['a 2', 'b 1'], 2, null]);
    expect(await page('/by-room?limit=1')).toEqual([['a 2'], 2, '1']);
    expect(await page('/by-room?limit=1&offset=1')).toEqual([['b 1'], 2, null]);
    expect(await page('/by-room?filter=b')).toEqual([['b 1'], 1, null]);
    expect(await page('/by-user')).toEqual([[first, second], 2, null]);
    expect(await page('/by-user?page_size=1')).toEqual([[first], 2, '1']);
    expect(await page('/by-user?page_size=1&continuation_token=1')).toEqual([[second], 2, null]);
    for (const filter of ['BOB o_n', bob.email, bob.id]) expect(await page(`/by-user?filter=${filter}`)).toEqual([[`${bob.id} 2`], 1, null]);
    expect(await page('/by-user?filter=Bo_')).toEqual([[], 0, null]);
  });

  it('go with the member, and with the room', async () => {
    await open({ room_id: 'a', user_id: ann.id });
    await open({ room_id: 'b', user_id: ann.id });
    await project.admin('DELETE', `${project.path}/rooms/a`);
    expect((await project.admin('GET', grants())).body['total']).toBe(1);
    await project.admin('DELETE', `${project.path}/users/${ann.id}`);
    expect((await project.admin('GET', grants())).body['total']).toBe(0);
  });

  it('are for members, and for rooms that exist', async () => {
    const stranger = await database.user.create({ data: { email: `${randomUUID()}@example.com` } });
    await project.admin('POST', `${project.path}/users`, { email: 'invited@example.com', roles: [] });
    for (const who of [{ user_id: stranger.id }, { email: 'invited@example.com' }, { user_id: 'x' }]) expect((await open({ room_id: 'a', ...who })).body.error?.code).toBe('member_not_found');
    expect((await open({ room_id: 'none', user_id: ann.id })).body.error?.code).toBe('room_not_found');
    expect((await open({ room_id: 'a' })).body.error?.message).toMatch(/^user_id: /);
    const other = await api.newProject();
    expect((await other.admin('POST', `${other.path}/room-grants`, { room_id: 'a', user_id: ann.id, permissions: {} })).status).toBe(404);
  });

  it('can come with a new room', async () => {
    expect((await project.admin('POST', `${project.path}/rooms`, { name: 'c', permissions: { [ann.id]: { llm: {} } } })).status).toBe(200);
    expect((await project.admin('GET', grants(`/c/${ann.id}`))).body['permissions']).toEqual({ llm: {} });
    expect((await project.admin('POST', `${project.path}/rooms`, { name: 'd', permissions: { [randomUUID()]: {} } })).body.error?.code).toBe('member_not_found');
    expect((await project.admin('GET', `${project.path}/rooms/d`)).status).toBe(404);
  });

  it('say which rooms a member sees; a role may show all', async () => {
    await open({ room_id: 'a', user_id: ann.id });
    const seen = async (roles: string[], userId: string | null) =>
      (await database.room.findMany({ where: { projectId: project.id, ...visibleRooms(roomAccessOf({ roles: expandRoles(roles), scopes: null }, userId)) }, orderBy: { name: 'asc' } })).map(({ name }) => name).join('');
    expect([await seen([], ann.id), await seen(['room_inventory'], ann.id), await seen(['developer'], null), await seen([], null), await seen([], randomUUID())]).toEqual(['a', 'ab', 'ab', '', '']);
  });

  it('a service account without the role sees no room and may not connect', async () => {
    const account = await project.admin('POST', `${project.path}/service-accounts`, { name: 'weak' });
    const key = await project.admin('POST', `${project.path}/service-accounts/${account.body['id']}/api-keys`, { name: 'k' });
    const subject = { type: 'service_account', id: account.body['id'] };
    const policy = `${project.path}/iam/project/${project.id}/policy`;
    await project.admin('POST', `${policy}:revoke`, { subject });
    const weak = api.as(key.body['value']!);
    expect((await weak('GET', `${project.path}/rooms`)).body).toMatchObject({ rooms: [], total: 0 });
    expect([(await weak('GET', `${project.path}/rooms/a`)).status, (await weak('POST', `${project.path}/rooms/a/connect`)).status]).toEqual([404, 403]);
    await project.admin('POST', `${policy}:grant`, { subject, roles: ['room_inventory'] });
    const { body } = await weak('POST', `${project.path}/rooms/a/connect`);
    const { grants: given } = (await api.anonymous('POST', '/api/participant-token/validate', { token: body['jwt'] })).body as unknown as { grants: { name: string; scope: object }[] };
    expect(given.find(({ name }) => name === 'api')!.scope).not.toHaveProperty('llm');
  });

  it('what is not built answers in its shape: no money, no sessions', async () => {
    const read = async (path: string) => (await project.admin('GET', `${project.path}${path}`)).body;
    expect(await read('/balance')).toMatchObject({ balance: 0, auto_recharge_paused: false, monthly_budget: null });
    expect([await read('/transactions'), await read('/subscription'), await read('/sessions?limit=5'), await read('/sessions/active')]).toEqual([{ transactions: [] }, { subscription: null }, { sessions: [] }, { sessions: [] }]);
  });
});
