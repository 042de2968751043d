import pg from 'pg';
import { type Answer, runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

interface Entry {
  actor: { type: string; id: string | null; name: string };
  action: string;
  target: { type: string; id: string; name: string | null };
  details: Record<string, unknown>;
  address: string | null;
  user_agent: string | null;
  at: string;
}

describe('audit log', () => {
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi();
  });
  beforeEach(async () => {
    project = await api.newProject();
  });
  afterAll(() => api.close());

  const log = async (query = '') => (await project.admin('GET', `${project.path}/audit?${query}`)).body as unknown as { entries: Entry[]; total: number; continuation_token: string | null };

  it('every change leaves one entry, reads and refused changes none', async () => {
    const { feed } = (await project.admin('POST', `${project.path}/feeds`, { name: 'f' })).body as unknown as { feed: { id: string } };
    expect((await log()).entries[0]!.action).toBe('feed.created');
    const steps: [string, string, object | undefined, string][] = [
      ['POST', '/rooms', { name: 'r' }, 'room.created'],
      ['PUT', '/rooms/r', { enabled: false }, 'room.updated'],
      ['DELETE', '/rooms/r', undefined, 'room.deleted'],
      ['POST', '/users', { email: 'new@example.com', roles: ['developer'] }, 'member.invited'],
      ['PUT', '/settings/openai', { api_key: 'sk-very-secret-0123456789' }, 'settings.updated'],
      ['PUT', '/settings', { ANTHROPIC_API_KEY: 'sk-very-secret-9876543210' }, 'settings.replaced'],
      ['DELETE', '/settings/openai', undefined, 'settings.deleted'],
      ['PUT', '/settings/router', { allowedModels: [] }, 'settings.updated'],
      ['DELETE', '/settings/router', undefined, 'settings.deleted'],
      ['POST', '/api-keys', { name: 'k' }, 'api_key.created'],
      ['POST', '/service-accounts', { name: 'ci' }, 'service_account.created'],
      ['POST', '/llm-loggers', { destination_feed_id: feed.id, filter_expression: 'model' }, 'llm_logger.created'],
      ['PUT', `/feeds/${feed.id}`, { visibility: 'project' }, 'feed.updated'],
      ['DELETE', `/feeds/${feed.id}`, undefined, 'feed.deleted'],
    ];
    for (const [method, path, body, action] of steps) {
      const before = (await log()).total;
      const answer: Answer = await project.admin(method, `${project.path}${path}`, body);
      expect({ path, status: answer.status < 300 }).toEqual({ path, status: true });
      const { entries, total } = await log();
      expect({ path, action: entries[0]!.action, added: total - before }).toEqual({ path, action, added: 1 });
      expect(entries[0]!.actor).toEqual({ type: 'api_key', id: project.apiKeyId, name: 'default' });
    }
    const { total } = await log();
    await project.admin('GET', `${project.path}/rooms`);
    await project.admin('DELETE', `${project.path}/rooms/none`);
    await project.admin('POST', `${project.path}/users`, { email: 'new@example.com' });
    await project.admin('POST', `${project.path}/rooms`, { name: 'Not Valid' });
    expect((await log()).total).toBe(total);
    expect(JSON.stringify(await log('page_size=1000'))).not.toMatch(/sk-very|very-secret|ma-/);
  });

  it('says from where', async () => {
    const headers = { authorization: `Bearer ${project.apiKey}`, 'content-type': 'application/json', 'user-agent': 'spec/1', 'x-forwarded-for': '203.0.113.7, 10.0.0.2' };
    await fetch(`${api.url}${project.path}/rooms`, { method: 'POST', headers, body: '{"name":"from-afar"}' });
    expect((await log()).entries[0]).toMatchObject({ target: { type: 'room', name: 'from-afar' }, address: '203.0.113.7, 10.0.0.2', user_agent: 'spec/1' });
    await project.admin('POST', `${project.path}/rooms`, { name: 'from-here' });
    expect((await log()).entries[0]!.address).toMatch(/127\.0\.0\.1$/);
  });

  it('is found by action, actor, target and time, in pages', async () => {
    for (const name of ['a', 'b', 'c']) await project.admin('POST', `${project.path}/rooms`, { name });
    const rooms = (body: { entries: Entry[] }) => body.entries.map(({ target }) => target.name).join('');
    expect(rooms(await log('action=room.created'))).toBe('cba');
    const first = await log('action=room.created&page_size=2');
    expect([rooms(first), first.total, first.continuation_token]).toEqual(['cb', 3, '2']);
    expect(rooms(await log('action=room.created&page_size=2&continuation_token=2'))).toBe('a');
    expect(rooms(await log('target=b'))).toBe('b');
    expect((await log(`actor=operator`)).entries.map(({ action }) => action)).toEqual(['api_key.created', 'project.created']);
    expect((await log('start=2000-01-01T00:00:00Z&end=2001-01-01T00:00:00Z')).total).toBe(0);
    expect((await project.admin('GET', `${project.path}/audit?start=yesterday`)).status).toBe(400);
    expect((await log(`target=${encodeURIComponent("' OR 1=1")}`)).total).toBe(0);
  });

  it('of the deployment: users, and all projects, for the operator alone', async () => {
    const email = `${project.id}@example.com`;
    const { body: user } = await api.operator('POST', '/accounts/users', { email, password: 'never to be seen in a log' });
    await api.operator('PUT', `/accounts/users/${user['id']}/password`, { password: 'nor is this one, of course' });
    await api.operator('PUT', `/accounts/profiles/${user['id']}`, { first_name: 'Ann' });
    const deployment = async (query: string) => (await api.operator('GET', `/accounts/sysadmin/audit?${query}`)).body as unknown as { entries: (Entry & { project_id: string | null })[]; total: number };
    const { entries } = await deployment(`target=${email}`);
    expect(entries.map(({ action, project_id, actor }) => [action, project_id, actor.type])).toEqual([
      ['user.updated', null, 'operator'],
      ['user.password_set', null, 'operator'],
      ['user.created', null, 'operator'],
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/never to be|nor is this|argon2/);
    expect((await deployment(`project_id=${project.id}`)).total).toBe((await log()).total);
    expect((await deployment('')).total).toBeGreaterThan((await log()).total);
    expect((await log(`target=${email}`)).total).toBe(0);
    expect((await project.admin('GET', '/accounts/sysadmin/audit')).status).toBe(403);
  });

  it('cannot be changed afterwards', async () => {
    const client = new pg.Client(api.config.DATABASE_URL);
    await client.connect();
    await expect(client.query("UPDATE accounts.audit_log SET actor_name = 'nobody'")).rejects.toThrow(/append-only/);
    await client.end();
  });
});
