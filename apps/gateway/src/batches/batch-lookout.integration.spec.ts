import { randomUUID } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import { createLogger } from '@llm-proxy/platform-logging';
import { createPool } from '@llm-proxy/platform-postgres';
import { attributionTo, engines, type TestDatabase } from '@llm-proxy/testing';
import type { UsageEvent } from '@llm-proxy/usage-schema';
import { startKnownProject } from '../credentials/known-project.suite.js';
import { providers } from '../providers/index.js';
import { until } from '../realtime/socket-gateway.suite.js';
import { refusals } from '../refusals.js';
import { listening } from '../relay/relay-gateway.suite.js';
import { BatchDesk } from './batch-desk.js';
import { BatchLookout } from './batch-lookout.js';
import { type Batch, type BatchStore, createBatchStore } from './batch-store.js';

const RESULT = JSON.stringify({ custom_id: 'one', result: { type: 'succeeded', message: { model: 'claude-sonnet-4-6', usage: { input_tokens: 7 } } } });
const anthropic = providers.find(({ name }) => name === 'anthropic')!;

describe('batches that nobody fetches', () => {
  let database: TestDatabase;
  let store: BatchStore;
  let pool: ReturnType<typeof createPool>;
  let provider: Server;
  let project: ReturnType<typeof startKnownProject>;
  let lookout: BatchLookout;
  let desk: BatchDesk;
  let events: UsageEvent[];
  let log: { level: string; batchId: string; msg: string }[];
  let hasKey: boolean;
  let asked: string[];
  /** How the provider answers, by the end of the path. */
  let answers: { batch: [number, string]; results: [number, string] };

  const [ENDED, RUNNING, GONE] = ['ended', 'in_progress', 'none'].map((processing_status): [number, string] => [processing_status === 'none' ? 404 : 200, JSON.stringify({ id: 'b', processing_status })]) as [[number, string], [number, string], [number, string]];

  beforeAll(async () => {
    database = await engines.postgresDatabase();
    store = createBatchStore(database.url);
    pool = createPool({ databaseUrl: database.url, applicationName: 'spec', maxConnections: 1, statementTimeoutMs: 5_000 });
    provider = createServer((request, response) => {
      asked.push(request.url!);
      const [status, body] = request.url!.endsWith('/results') ? answers.results : answers.batch;
      response.writeHead(status).end(body);
    });
    project = startKnownProject({ providerUrl: await listening(provider), providerKey: 'sk' });
  });
  beforeEach(() => {
    [events, log, asked, hasKey, answers] = [[], [], [], true, { batch: ENDED, results: [200, RESULT] }];
    const logger = createLogger('spec', 'warn', { write: (line: string) => void log.push(JSON.parse(line) as (typeof log)[number]) });
    const usage = { emit: (event: UsageEvent) => void events.push(event), canRecord: () => true, settled: async () => undefined };
    lookout = new BatchLookout({
      store,
      usage,
      providers,
      project: (id) => project.policies.load(id),
      upstreamFor: (one) => (hasKey ? project.upstreams.managed(one) : refusals.providerNotConfigured(one.title)),
      everyMs: 20,
      logger,
    });
    desk = new BatchDesk({ store, usage, settle: (batch) => lookout.settle(batch), priceAdjustments: async () => ({}), firstLookInMs: 0, logger });
  });
  afterEach(async () => {
    await lookout.close();
    await pool.query('UPDATE gateway.batches SET settled_at = now() WHERE settled_at IS NULL');
  });
  afterAll(async () => {
    await project?.close();
    await Promise.all([store?.close(), pool?.end()]);
    provider?.closeAllConnections();
    provider?.close();
    await database?.drop();
  });

  const newBatch = async (ageDays: number): Promise<Batch> => {
    const id = `msgbatch_${randomUUID()}`;
    await store.add({ provider: 'anthropic', id, projectId: project.projectId, providerKey: 'managed', models: ['claude-sonnet-4-6'], attribution: attributionTo(project.projectId) }, 0);
    await pool.query(`UPDATE gateway.batches SET created_at = now() - $2 * interval '1 day' WHERE batch_id = $1`, [id, ageDays]);
    return (await store.find('anthropic', id))!;
  };
  const isSettled = async ({ id }: Pick<Batch, 'id'>) => (await store.find('anthropic', id))!.isSettled;
  const errors = () => log.filter(({ level }) => level === 'error').map(({ batchId, msg }) => [batchId, msg]);
  const GIVEN_UP = 'the results of a batch were never seen and it is given up: what it cost is not billed';

  const inTheWay: [string, () => void][] = [
    ['the provider does not know it', () => (answers.batch = GONE)],
    ['the provider fails', () => (answers.batch = [500, 'oops'])],
    ['its results are gone', () => (answers.results = [404, '{}'])],
    ['there is no key to ask with', () => (hasKey = false)],
  ];

  it.each(inTheWay)('are looked at again for 30 days, and then given up: %s', async (_name, arrange) => {
    arrange();
    const young = await newBatch(29.9);
    expect([await lookout.settle(young), await isSettled(young), errors()]).toEqual([false, false, []]);
    const old = await newBatch(30.1);
    expect([await lookout.settle(old), await isSettled(old), errors()]).toEqual([true, true, [[old.id, GIVEN_UP]]]);
    expect(events).toEqual([]);
  });

  it('are billed however old they are, when there are results, and never given up while they run', async () => {
    const old = await newBatch(40);
    answers.batch = RUNNING;
    expect([await lookout.settle(old), await isSettled(old)]).toEqual([true, false]);
    answers.batch = ENDED;
    expect([await lookout.settle(old), await isSettled(old)]).toEqual([true, true]);
    expect(events.map(({ data }) => data.usage)).toEqual([{ input_tokens: 7 }]);
    expect(errors()).toEqual([]);
  });

  it('are not given up because the gateway stops', async () => {
    const old = await newBatch(40);
    await lookout.close();
    expect([await lookout.settle(old), await isSettled(old)]).toEqual([false, false]);
  });

  it('are asked about until they end, and not any more', async () => {
    answers.batch = [503, ''];
    const batch = await newBatch(0);
    const looks = () => asked.filter((path) => path.endsWith(batch.id)).length;
    lookout.start();
    await until('some looks', () => looks() >= 3);
    answers.batch = ENDED;
    await until('the bill', () => isSettled(batch));
    const after = looks();
    const another = await newBatch(0);
    await until('a look at another', () => isSettled(another));
    expect(looks()).toBe(after);
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });

  describe('and that cannot be remembered at once', () => {
    const made = async (id: string) => {
      const endpoint = anthropic.endpoints.find(({ batch }) => batch === 'create')!;
      const upstream = project.upstreams.managed(anthropic);
      if ('kind' in upstream) throw new Error(upstream.message);
      const tap = await desk.admit({ provider: anthropic, endpoint, path: endpoint.path, models: [], upstream, attribution: attributionTo(project.projectId) });
      if (!('push' in tap)) throw new Error(tap.message);
      // Gone between the question whether the store is there and the provider's answer.
      await pool.query('ALTER TABLE gateway.batches RENAME TO away');
      const answer = Buffer.from(JSON.stringify({ id, processing_status: 'in_progress' }));
      expect(tap.push(answer)).toHaveLength(0);
      return { answer, shown: tap.end(true) };
    };
    const back = () => pool.query('ALTER TABLE gateway.away RENAME TO batches');
    const failures = (id: string) => errors().filter(([batchId]) => batchId === id).length;

    it('are answered when they are remembered', async () => {
      const id = `msgbatch_${randomUUID()}`;
      const { answer, shown } = await made(id);
      await until('a second failure', () => failures(id) >= 2);
      await back();
      expect(await shown).toEqual(answer);
      expect(await store.find('anthropic', id)).toMatchObject({ projectId: project.projectId, isSettled: false });
    });

    it('are answered after a while, and remembered as soon as that is possible', async () => {
      const id = `msgbatch_${randomUUID()}`;
      const { answer, shown } = await made(id);
      expect(await shown).toEqual(answer);
      expect(failures(id)).toBeGreaterThan(2);
      await back();
      await until('it is remembered', async () => (await store.find('anthropic', id)) !== null);
    });
  });
});
