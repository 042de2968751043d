import fc from 'fast-check';
import { llmGrantOf, roomGrantOf, verifyParticipantToken } from '@llm-proxy/shared-auth';
import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

describe('rooms', () => {
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi();
  });
  beforeEach(async () => {
    project = await api.newProject();
  });
  afterAll(() => api.close());

  const rooms = () => `${project.path}/rooms`;
  const create = (body: object) => project.admin('POST', rooms(), body);

  it('are created, found by id and by name, changed and deleted', async () => {
    const created = await create({ name: 'my-room', if_not_exists: false, metadata: { a: 1 }, annotations: null, permissions: null });
    const room = { id: created.body['id'], name: 'my-room', metadata: { a: 1 }, annotations: {}, enabled: true };
    expect(created).toMatchObject({ status: 200, body: room });
    for (const idOrName of [room.id, room.name]) expect((await project.admin('GET', `${rooms()}/${idOrName}`)).body).toEqual(room);
    const changed = await project.admin('PUT', `${rooms()}/${room.id}`, { name: 'renamed', metadata: null, enabled: false });
    expect(changed.body).toEqual({ ...room, name: 'renamed', enabled: false });
    expect((await project.admin('GET', `${rooms()}/my-room`)).body.error?.code).toBe('room_not_found');
    expect((await project.admin('DELETE', `${rooms()}/renamed`)).status).toBe(200);
    expect((await project.admin('DELETE', `${rooms()}/renamed`)).status).toBe(404);
  });

  it('of the same name: 409, or the one that is there', async () => {
    const first = await create({ name: 'r', if_not_exists: true });
    expect((await create({ name: 'r' })).body.error?.code).toBe('room_exists');
    expect((await create({ name: 'r', if_not_exists: true })).body).toEqual(first.body);
    await create({ name: 'other' });
    expect((await project.admin('PUT', `${rooms()}/other`, { name: 'r' })).status).toBe(409);
  });

  it('at once: one is made, the others hear of it', async () => {
    const strict = await Promise.all(Array.from({ length: 8 }, () => create({ name: 'strict' })));
    expect(strict.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(409)]);
    const relaxed = await Promise.all(Array.from({ length: 8 }, () => create({ name: 'relaxed', if_not_exists: true })));
    expect(relaxed.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(new Set(relaxed.map(({ body }) => body['id'])).size).toBe(1);
  });

  it('are listed in all dialects of paging', async () => {
    for (const name of ['c', 'a', 'b', 'ab']) await create({ name });
    const list = async (query: string) => {
      const { body } = await project.admin('GET', `${rooms()}?${query}`);
      return { names: (body['rooms'] as unknown as { name: string }[]).map(({ name }) => name).join(), total: body['total'], next: body['continuation_token'] };
    };
    expect(await list('limit=50&offset=0&order_by=room_name')).toEqual({ names: 'a,ab,b,c', total: 4, next: null });
    expect(await list('limit=2&offset=1')).toEqual({ names: 'ab,b', total: 4, next: '3' });
    expect(await list('page_size=3&view=my')).toEqual({ names: 'a,ab,b', total: 4, next: '3' });
    expect(await list('page_size=3&continuation_token=3&view=my')).toEqual({ names: 'c', total: 4, next: null });
    expect(await list('filter=a')).toEqual({ names: 'a,ab', total: 2, next: null });
    expect((await project.admin('GET', `${rooms()}?limit=many`)).body.error?.message).toMatch(/^limit: /);
  });

  it('have names of a certain form', async () => {
    for (const name of ['', 'Upper', 'a_b', '-a', 'a-', 'x'.repeat(64), 'a/b', 'ä', 7, null, undefined]) {
      expect((await create({ name })).body.error?.message).toMatch(/^name: /);
    }
    expect((await create({ name: 'x'.repeat(63) })).status).toBe(200);
    for (const name of ['%00', '..%2f', 'A']) expect((await project.admin('GET', `${rooms()}/${name}`)).status).toBe(404);
  });

  it('metadata comes back as it went in, whatever JSON it is, or is refused', async () => {
    let room = 0;
    const objects = fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }), { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(objects, async (object) => {
        const metadata: unknown = JSON.parse(JSON.stringify(object));
        const { status, body } = await create({ name: `r${(room += 1)}`, metadata });
        expect([200, 400]).toContain(status);
        expect(status === 400 || body['metadata']).toEqual(status === 400 || metadata);
        expect(status === 400).toBe(/\\u(0000|d[89a-f])/.test(JSON.stringify(metadata).replaceAll('\\\\', '')));
      }),
      { numRuns: 40 },
    );
    expect((await create({ name: 'big', metadata: { a: 'x'.repeat(70_000) } })).body.error?.message).toMatch(/^metadata: /);
  }, 30_000);

  it('named after the id of another do not stand in for it', async () => {
    const first = await create({ name: 'first' });
    const second = await create({ name: first.body['id'] });
    expect((await project.admin('GET', `${rooms()}/${first.body['id']}`)).body['name']).toBe('first');
    expect((await project.admin('GET', `${rooms()}/${second.body['id']}`)).body).toEqual(second.body);
  });

  it('connect: a token for the room that may call models', async () => {
    await create({ name: 'my-room' });
    const { body } = await project.admin('POST', `${rooms()}/my-room/connect`, {});
    expect(body).toEqual({ jwt: expect.any(String), room_name: 'my-room', project_id: project.id, room_url: 'wss://llm.example.com/rooms/my-room' });
    const verified = verifyParticipantToken(body['jwt']!, api.config.MESHAGENT_SECRET, Date.now());
    if (!verified.ok) throw new Error(verified.reason);
    expect(verified.claims).toMatchObject({ name: 'default', sub: project.id });
    expect(verified.claims.kid).toBeUndefined();
    expect(roomGrantOf(verified.claims)).toBe('my-room');
    expect(llmGrantOf(verified.claims)).toEqual({ models: null });
    expect((await api.as(body['jwt']!)('GET', project.path)).status).toBe(200);
  });

  it('connect: 423 while disabled, 404 when there is none', async () => {
    await create({ name: 'r' });
    await project.admin('PUT', `${rooms()}/r`, { enabled: false });
    const refused = await project.admin('POST', `${rooms()}/r/connect`);
    expect(refused).toMatchObject({ status: 423, body: { error: { code: 'room_disabled', message: expect.any(String) } } });
    expect((await project.admin('POST', `${rooms()}/none/connect`)).status).toBe(404);
  });

  it('of a project that does not exist: 404', async () => {
    const nowhere = '/accounts/projects/00000000-0000-4000-8000-000000000000';
    expect((await api.operator('POST', `${nowhere}/rooms`, { name: 'r' })).body.error?.code).toBe('project_not_found');
    expect((await api.operator('PUT', `${nowhere}/status`, { enabled: true })).body.error?.code).toBe('project_not_found');
    expect((await api.operator('PUT', `${nowhere}/settings/openai`, { api_key: 'sk-1' })).body.error?.code).toBe('project_not_found');
    expect((await api.operator('POST', `${nowhere}/service-accounts`, { name: 'r' })).body.error?.code).toBe('project_not_found');
  });
});
