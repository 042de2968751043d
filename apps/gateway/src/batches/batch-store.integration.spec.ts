import { randomUUID } from 'node:crypto';
import { type TestDatabase, engines } from '@llm-proxy/testing';
import { type BatchStore, type NewBatch, createBatchStore } from './batch-store.js';

const attribution = (projectId: string): NewBatch['attribution'] => ({
  projectId,
  credential: 'api_key',
  apiKeyId: randomUUID(),
  serviceAccountId: null,
  userId: null,
  participant: null,
  onBehalfOf: 'somebody',
  room: 'a room',
  client: null,
  annotations: { "it's": '"quoted" 漢字' },
});

const newBatch = (projectId = randomUUID()): NewBatch => ({
  provider: 'anthropic',
  id: `msgbatch_${randomUUID()}`,
  projectId,
  providerKey: 'managed',
  models: ['a', 'b"c'],
  attribution: attribution(projectId),
});

describe('batches in PostgreSQL', () => {
  let database: TestDatabase;
  let store: BatchStore;
  let other: BatchStore;

  beforeAll(async () => {
    database = await engines.postgresDatabase();
    [store, other] = [createBatchStore(database.url), createBatchStore(database.url)];
  });
  afterAll(async () => {
    await Promise.all([store?.close(), other?.close()]);
    await database?.drop();
  });

  it('come back as they were put in, to every gateway', async () => {
    const batch = newBatch();
    await Promise.all([store.add(batch, 60_000), other.add(batch, 60_000)]);
    expect(await other.find('anthropic', batch.id)).toEqual({ ...batch, createdAt: expect.any(Date), isSettled: false });
    expect(await store.find('openai', batch.id)).toBeNull();
  });

  it('keep their first owner', async () => {
    const batch = newBatch();
    await store.add(batch, 60_000);
    await store.add({ ...newBatch(), id: batch.id }, 60_000);
    expect((await store.find('anthropic', batch.id))?.projectId).toBe(batch.projectId);
  });

  it('are told apart by owner', async () => {
    const [mine, theirs] = [newBatch(), newBatch()];
    await Promise.all([store.add(mine, 60_000), store.add(theirs, 60_000)]);
    expect(await store.ownedBy(mine.projectId, 'anthropic', [mine.id, theirs.id, 'unknown'])).toEqual(new Set([mine.id]));
  });

  it('are due when their time has come, to one gateway at a time, until they are settled', async () => {
    const batches = Array.from({ length: 10 }, () => newBatch());
    await Promise.all(batches.map((batch) => store.add(batch, 0)));
    await store.add(newBatch(), 60_000);
    const taken = (await Promise.all([store.takeDue(6, 60_000), other.takeDue(6, 60_000)])).flat();
    expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
    expect(taken.length).toBe(10);
    expect(await other.takeDue(100, 60_000)).toEqual([]);

    const again = newBatch();
    await store.add(again, 0);
    await store.settle('anthropic', again.id);
    expect(await store.takeDue(100, 0)).toEqual([]);
    expect((await store.find('anthropic', again.id))?.isSettled).toBe(true);
  });
});
