import { jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { type OwnEngine, startOwnKafka, startOwnPostgres, startOwnRedis } from './own-engines.js';

jest.setTimeout(240_000);

const started: OwnEngine[] = [];
afterAll(() => Promise.all(started.map((engine) => engine.dispose())));

const endings = ['stop', 'kill'] as const;

describe('an engine of a spec’s own keeps port and data', () => {
  test('PostgreSQL', async () => {
    const postgres = await startOwnPostgres();
    if (postgres === null) return;
    started.push(postgres);
    const query = async (sql: string) => {
      const client = new pg.Client(postgres.url('postgres'));
      await client.connect();
      try {
        return (await client.query<{ lives: number }>(sql)).rows;
      } finally {
        await client.end();
      }
    };
    await query('CREATE TABLE survivors AS SELECT 0 AS lives');
    for (const end of endings) {
      await query('UPDATE survivors SET lives = lives + 1');
      await postgres[end]();
      await expect(query('SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await postgres.start();
    }
    expect(await query('SELECT lives FROM survivors')).toEqual([{ lives: 2 }]);
  });

  test('Redis', async () => {
    const redis = await startOwnRedis();
    if (redis === null) return;
    started.push(redis);
    const increment = async () => {
      const client = new Redis(redis.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
      client.on('error', () => undefined);
      try {
        return await client.incr('lives');
      } finally {
        client.disconnect();
      }
    };
    for (const [index, end] of endings.entries()) {
      expect(await increment()).toBe(index + 1);
      await redis[end]();
      await expect(increment()).rejects.toThrow();
      await redis.start();
    }
    expect(await increment()).toBe(3);
  });

  test('Kafka', async () => {
    const broker = await startOwnKafka();
    if (broker === null) return;
    started.push(broker);
    const admin = async () => {
      const client = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING, connectionTimeout: 5_000 }).admin();
      await client.connect();
      return client;
    };
    for (const [index, end] of endings.entries()) {
      const client = await admin();
      await client.createTopics({ topics: [{ topic: `life-${index}`, numPartitions: 3 }], waitForLeaders: true });
      await client.disconnect();
      await broker[end]();
      await broker.start();
    }
    const client = await admin();
    expect((await client.listTopics()).filter((topic) => topic.startsWith('life-')).sort()).toEqual(['life-0', 'life-1']);
    await client.disconnect();
  });
});
