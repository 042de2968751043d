import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import { type Database, migrateDatabase, openDatabase } from '../database/database.js';
import { recordBatch } from '../recording/record-batch.js';
import { eventOf } from '../sample-events.suite.js';
import { unpricedUsage } from './unpriced-usage.js';

describeWith(['postgres'], 'usage without a price', () => {
  let postgres: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    postgres = await engines.postgresDatabase('billing_unpriced');
    await migrateDatabase(postgres.url);
    database = openDatabase({ databaseUrl: postgres.url, applicationName: 'spec', maxConnections: 2, statementTimeoutMs: 10_000 });
  });
  afterAll(async () => {
    await database.$disconnect();
    await postgres.drop();
  });

  it('is counted by model and type, the most frequent first; priced answers are not in it', async () => {
    const projectId = randomUUID();
    const event = (time: string, unpricedTypes: string[], model = 'gpt-5.4') => eventOf({ projectId, time, unpricedTypes, model });
    await recordBatch(database, [
      event('2026-11-22T10:00:00.000Z', ['web_search_calls']),
      // A discount does not make it another table that lacks the price.
      eventOf({ projectId, time: '2026-11-22T12:00:00.250Z', unpricedTypes: ['web_search_calls', 'new_tokens'], priceVersion: '2026-11;project=-5%' }),
      event('2026-11-22T11:00:00.000Z', ['web_search_calls'], 'gpt-4o'),
      event('2026-11-22T11:00:00.000Z', []),
      eventOf({ unpricedTypes: ['elsewhere'] }),
    ]);
    const common = { provider: 'openai', priceVersion: '2026-11' };
    expect(await unpricedUsage(database, { projectId })).toEqual([
      { ...common, model: 'gpt-5.4', type: 'web_search_calls', events: 2, firstSeenAt: '2026-11-22T10:00:00.000Z', lastSeenAt: '2026-11-22T12:00:00.250Z' },
      { ...common, model: 'gpt-4o', type: 'web_search_calls', events: 1, firstSeenAt: '2026-11-22T11:00:00.000Z', lastSeenAt: '2026-11-22T11:00:00.000Z' },
      { ...common, model: 'gpt-5.4', type: 'new_tokens', events: 1, firstSeenAt: '2026-11-22T12:00:00.250Z', lastSeenAt: '2026-11-22T12:00:00.250Z' },
    ]);
    expect(await unpricedUsage(database, { projectId, start: '2026-11-22T11:30:00Z', end: '2026-11-23T00:00:00Z' })).toHaveLength(2);
    expect((await unpricedUsage(database, {})).map(({ type }) => type)).toContain('elsewhere');
  });
});
