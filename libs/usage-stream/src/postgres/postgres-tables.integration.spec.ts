import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createLogger } from '@llm-proxy/platform-logging';
import { createPool } from '@llm-proxy/platform-postgres';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import fc from 'fast-check';
import type pg from 'pg';
import { collect, message, range, until } from '../inbox.suite.js';
import { append, commit, deleteConsumed, readBatch, readEnds } from './log.js';
import { createMembership } from './membership.js';
import { createPostgresStream } from './postgres-stream.js';
import { createTopics, findTopic, migrate, type Topic } from './topics.js';

const LEASE_MS = 30_000;
const PARTITIONS = 6;

describeWith(['postgres'], 'the tables of the stream', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let name: string;
  let topic: Topic;

  beforeAll(async () => {
    database = await engines.postgresDatabase('usage_stream_tables');
    await migrate(database.url);
    pool = createPool({ databaseUrl: database.url, applicationName: 'spec' });
  });

  beforeEach(async () => {
    name = `spec.${randomUUID()}`;
    await createTopics(pool, [name], PARTITIONS);
    topic = await findTopic(pool, name);
  });

  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const withClient = async <Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> => {
    const client = await pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  };

  const publish = (count: number, key = 'k'): Promise<void> => withClient((client) => append(client, topic, range(count).map((index) => message(key, index))));

  const partitionOf = async (): Promise<number> => [...(await readEnds(pool, topic))].find(([, end]) => end > 0n)![0];

  test('no offset becomes visible before a lower one of its partition, however long the lower one takes to commit', async () => {
    await withClient(async (slow) => {
      await slow.query('BEGIN');
      await append(slow, topic, [message('k', 'first')]);
      let secondDone = false;
      const second = publish(1).then(() => (secondDone = true));
      await until(async () => (await pool.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%usage_stream.append%'")).rowCount === 1);
      expect(secondDone).toBe(false);
      expect([...(await readEnds(pool, topic)).values()].every((end) => end === 0n)).toBe(true);
      await slow.query('COMMIT');
      await second;
    });
    const batch = await readBatch(pool, name, topic, await partitionOf(), 0n, 10);
    expect(batch.map(({ offset, value }) => [offset, value.toString()])).toEqual([
      ['0', '"first"'],
      ['1', '0'],
    ]);
  });

  test('appends to several partitions in any order never wait for each other in a circle, and leave no gap', async () => {
    await Promise.all(
      range(40).map((round) => withClient((client) => append(client, topic, (round % 2 === 0 ? range(30) : range(30).reverse()).map((key) => message(`key-${key}`, round))))),
    );
    const ends = await readEnds(pool, topic);
    expect([...ends.values()].reduce((sum, end) => sum + Number(end), 0)).toBe(40 * 30);
    for (const [partition, end] of ends) {
      const batch = await readBatch(pool, name, topic, partition, 0n, 10_000);
      expect(batch.map(({ offset }) => Number(offset))).toEqual(range(Number(end)));
    }
  });

  test('a message without a partition fails the whole append', async () => {
    await expect(withClient((client) => append(client, { ...topic, partitions: 64 }, range(64).map((key) => message(`key-${key}`, key))))).rejects.toThrow('belong to a partition');
    expect([...(await readEnds(pool, topic)).values()].every((end) => end === 0n)).toBe(true);
  });

  test('a read ends at a bound of bytes, and returns at least one message', async () => {
    const big = () => ({ id: randomUUID(), key: 'k', value: Buffer.alloc(9 * 1024 * 1024, 1) });
    await withClient(async (client) => {
      for (const one of [big(), big(), big()]) await append(client, topic, [one]);
    });
    expect(await readBatch(pool, name, topic, await partitionOf(), 0n, 10)).toHaveLength(2);
  });

  test('members share the partitions evenly after each has spoken twice, whoever comes and goes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 8 }), async (count, leavers) => {
        const group = randomUUID();
        let members = range(count).map(() => createMembership(pool, topic, group, LEASE_MS));
        const shareTwice = async (): Promise<number[][]> => {
          for (const member of members) await member.share(undefined);
          const owned: number[][] = [];
          for (const member of members) owned.push([...(await member.share(undefined)).keys()]);
          return owned;
        };
        const isFair = (owned: number[][]): void => {
          expect(owned.flat().sort()).toEqual(range(PARTITIONS));
          for (const { length } of owned) expect([Math.floor(PARTITIONS / members.length), Math.ceil(PARTITIONS / members.length)]).toContain(length);
        };
        isFair(await shareTwice());
        for (const member of members.slice(0, Math.min(leavers, count - 1))) await member.leave();
        members = members.slice(Math.min(leavers, count - 1));
        isFair(await shareTwice());
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test('a member keeps the partition it works on, and one that is silent loses all', async () => {
    const [busy, other] = [createMembership(pool, topic, 'g', LEASE_MS), createMembership(pool, topic, 'g', 1)];
    await busy.share(undefined);
    await createMembership(pool, topic, 'g', LEASE_MS).share(undefined);
    expect([...(await busy.share(PARTITIONS - 1)).keys()]).toEqual([0, 1, PARTITIONS - 1]);
    await other.share(undefined);
    await until(async () => (await busy.share(undefined)).size === PARTITIONS / 2);
  });

  test('a commit moves forward only, and only for the owner', async () => {
    const [owner, stranger] = [createMembership(pool, topic, 'g', LEASE_MS), createMembership(pool, topic, 'g', LEASE_MS)];
    await owner.share(undefined);
    expect(await commit(pool, topic, 'g', owner.id, 0, 10n)).toBe(true);
    expect(await commit(pool, topic, 'g', owner.id, 0, 9n)).toBe(false);
    expect(await commit(pool, topic, 'g', stranger.id, 0, 20n)).toBe(false);
    expect((await owner.share(undefined)).get(0)).toBe(10n);
  });

  test('deletes what every group has committed and what is old, and nothing while there is no group', async () => {
    await publish(10);
    const partition = await partitionOf();
    expect(await deleteConsumed(pool, topic, 0, 1_000)).toBe(0);
    const [first, second] = [createMembership(pool, topic, 'first', LEASE_MS), createMembership(pool, topic, 'second', LEASE_MS)];
    await first.share(undefined);
    await second.share(undefined);
    await commit(pool, topic, 'first', first.id, partition, 10n);
    expect(await deleteConsumed(pool, topic, 0, 1_000)).toBe(0);
    await commit(pool, topic, 'second', second.id, partition, 7n);
    expect(await deleteConsumed(pool, topic, 60_000, 1_000)).toBe(0);
    expect(await deleteConsumed(pool, topic, 0, 5)).toBe(5);
    expect(await deleteConsumed(pool, topic, 0, 5)).toBe(2);
    expect((await readBatch(pool, name, topic, partition, 0n, 100)).map(({ offset }) => offset)).toEqual(['7', '8', '9']);
  });

  test('a group that comes after everything is deleted waits for what is new', async () => {
    await publish(3);
    const partition = await partitionOf();
    const first = createMembership(pool, topic, 'first', LEASE_MS);
    await first.share(undefined);
    await commit(pool, topic, 'first', first.id, partition, 3n);
    expect(await deleteConsumed(pool, topic, 0, 1_000)).toBe(3);
    const stream = createPostgresStream({ databaseUrl: database.url, clientId: 'spec', logger: createLogger('spec', 'silent') });
    const inbox = collect();
    await stream.connect([name]);
    await stream.subscribe({ topic: name, group: 'second', handler: inbox.handler });
    const progressOf = async () => (await pool.query('SELECT committed::integer FROM usage_stream.progress WHERE topic_id = $1 AND group_name = $2 AND partition = $3', [topic.id, 'second', partition])).rows[0];
    await until(async () => (await progressOf())?.committed === 3);
    await stream.publish(name, [message('k', 'new')]);
    await until(() => inbox.messages.length === 1);
    expect(inbox.messages[0]).toMatchObject({ partition, offset: '3' });
    await stream.close();
  });
});
