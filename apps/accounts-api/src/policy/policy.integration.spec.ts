import { existingProjectsSchema, policyChangesSchema, projectPolicySchema, roomPolicySchema, type PolicyChanges } from '@llm-proxy/shared-auth';
import pg from 'pg';
import { openDatabase } from '../database/database.js';
import { type Ask, runAccountsApi, type RunningAccountsApi, runOn, type TestProject } from '../running-accounts-api.suite.js';
import { recordPolicyChange } from './policy-changes.js';

const changes = async (service: Ask, query: string): Promise<PolicyChanges> =>
  policyChangesSchema.parse((await service('GET', `/internal/changes?${query}`)).body);

describe('policy for gateways', () => {
  let api: RunningAccountsApi;
  let replica: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi();
    replica = await runOn(api.config);
  });
  beforeEach(async () => {
    project = await api.newProject();
  });
  afterAll(async () => {
    await replica.close();
    await api.close();
  });

  const now = async () => (await changes(api.service, '')).next;

  it('of a project: keys and integrations, sealed', async () => {
    const { body } = await api.service('GET', `/internal/projects/${project.id}/policy`);
    expect(projectPolicySchema.parse(body)).toMatchObject({ projectId: project.id, enabled: true, apiKeys: [{ id: project.apiKeyId }], integrations: {} });
    expect(JSON.stringify(body)).not.toContain(project.apiKey.slice(-20));
    for (const id of ['00000000-0000-4000-8000-000000000000', 'x']) expect((await api.service('GET', `/internal/projects/${id}/policy`)).status).toBe(404);
  });

  it('which of many ids are projects', async () => {
    const other = await api.newProject();
    const invented = ['00000000-0000-4000-8000-000000000000', 'x', "'; DROP", project.id.toUpperCase()];
    const { status, body } = await api.service('POST', '/internal/projects/existing', { projectIds: [...invented, project.id, other.id] });
    expect(status).toBe(200);
    expect(existingProjectsSchema.parse(body).projectIds.toSorted()).toEqual([project.id, other.id].toSorted());
    const tooMany = Array.from({ length: 2_001 }, () => project.id);
    expect((await api.service('POST', '/internal/projects/existing', { projectIds: tooMany })).status).toBe(400);
  });

  it('of a room', async () => {
    await project.admin('POST', `${project.path}/rooms`, { name: 'r' });
    const { body } = await api.service('GET', `/internal/projects/${project.id}/rooms/r`);
    expect(roomPolicySchema.parse(body)).toMatchObject({ name: 'r', enabled: true });
    for (const name of ['none', 'R', '%00']) expect((await api.service('GET', `/internal/projects/${project.id}/rooms/${name}`)).status).toBe(404);
  });

  it('every change that a gateway must hear of is announced, reads are not', async () => {
    const steps: [string, string, object?][] = [
      ['POST', '/api-keys', { name: 'k' }],
      ['DELETE', `/api-keys/${project.apiKeyId}`],
      ['PUT', '/settings/openai', { api_key: 'sk-1' }],
      ['PUT', '/settings', { ANTHROPIC_API_KEY: 'sk-2' }],
      ['DELETE', '/settings/openai'],
      ['POST', '/rooms', { name: 'r' }],
      ['PUT', '/rooms/r', { enabled: false }],
      ['DELETE', '/rooms/r'],
      ['PUT', '/status', { enabled: false }],
    ];
    for (const [method, path, body] of steps) {
      const before = await now();
      expect((await api.operator(method, `${project.path}${path}`, body)).status).toBeLessThan(300);
      const heard = await changes(api.service, `after=${before}`);
      expect({ path, heard: heard.changes.map(({ projectId }) => projectId) }).toEqual({ path, heard: [project.id] });
      expect(heard.next).toBe(heard.changes[0]!.sequence);
    }
    const before = await now();
    await api.operator('GET', project.path);
    await api.operator('POST', `${project.path}/rooms`, { name: 'Not Valid' });
    expect(await changes(api.service, `after=${before}`)).toEqual({ changes: [], next: before });
  });

  it.each(['the same process', 'another replica'])('a waiting gateway hears of a change in %s', async (where) => {
    const before = await now();
    const waiting = changes(where === 'another replica' ? replica.service : api.service, `after=${before}&waitMs=20000`);
    const startedAt = Date.now();
    await project.admin('POST', `${project.path}/rooms`, { name: 'r' });
    expect((await waiting).changes.map(({ projectId }) => projectId)).toEqual([project.id]);
    expect(Date.now() - startedAt).toBeLessThan(15_000);
  });

  it('without a change the wait ends as asked', async () => {
    const before = await now();
    const startedAt = Date.now();
    expect(await changes(api.service, `after=${before}&waitMs=300`)).toEqual({ changes: [], next: before });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(295);
  });

  it('whoever comes with a number from another life of the database forgets everything', async () => {
    const heard = await changes(api.service, 'after=999999999999&waitMs=20000');
    expect(heard.changes.map(({ projectId }) => projectId)).toContain(project.id);
    expect(heard.next).toBe(await now());
  });

  it('bad questions: 400', async () => {
    for (const query of ['after=x', 'after=-1', 'waitMs=x', 'waitMs=-1', 'after=1e3']) {
      expect((await api.service('GET', `/internal/changes?${query}`)).status).toBe(400);
    }
  });

  it('no change is missed, however writers interleave', async () => {
    const projects = await Promise.all(Array.from({ length: 5 }, () => api.newProject()));
    let after = await now();
    const last = new Map<string, bigint>();
    let done = false;
    const writers = projects.flatMap((one, index) =>
      Array.from({ length: 12 }, (_, room) => (index % 2 ? api : replica).operator('POST', `${one.path}/rooms`, { name: `r${room}` })),
    );
    const writing = Promise.all(writers).then(() => (done = true));
    for (;;) {
      const finished = done;
      const heard = await changes(replica.service, `after=${after}&waitMs=200`);
      for (const { projectId, sequence } of heard.changes) {
        expect(BigInt(sequence)).toBeGreaterThan(last.get(projectId) ?? -1n);
        last.set(projectId, BigInt(sequence));
      }
      after = heard.next;
      if (finished && heard.changes.length === 0) break;
    }
    await writing;
    const client = new pg.Client(api.config.DATABASE_URL);
    await client.connect();
    const ids = projects.map(({ id }) => id);
    const { rows } = await client.query<{ project_id: string; sequence: string }>(
      'SELECT project_id, sequence FROM accounts.policy_changes WHERE project_id = ANY($1)',
      [ids],
    );
    await client.end();
    expect(Object.fromEntries(rows.map((row) => [row.project_id, BigInt(row.sequence)]))).toEqual(Object.fromEntries(ids.map((id) => [id, last.get(id)])));
  });

  it('a number becomes visible only when all below are', async () => {
    const database = openDatabase(api.config.DATABASE_URL);
    const other = await api.newProject();
    const before = await now();
    const slow = Promise.withResolvers<void>();
    const recorded = Promise.withResolvers<void>();
    const first = database.$transaction(async (transaction) => {
      await recordPolicyChange(transaction, project.id);
      recorded.resolve();
      await slow.promise;
    });
    await recorded.promise;
    const second = database.$transaction((transaction) => recordPolicyChange(transaction, other.id));
    expect((await changes(api.service, `after=${before}&waitMs=700`)).changes).toEqual([]);
    slow.resolve();
    await Promise.all([first, second]);
    expect((await changes(api.service, `after=${before}`)).changes.map(({ projectId }) => projectId)).toEqual([project.id, other.id]);
    await database.$disconnect();
  });

  it('closing does not wait for those who wait', async () => {
    const third = await runOn(api.config);
    const waiting = changes(third.service, `after=${await now()}&waitMs=25000`);
    expect((await third.anonymous('GET', '/healthz')).status).toBe(200);
    const startedAt = Date.now();
    await third.close();
    expect((await waiting).changes).toEqual([]);
    expect(Date.now() - startedAt).toBeLessThan(15_000);
  });
});
