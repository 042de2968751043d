import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import pg from 'pg';
import { describeSpendCounters } from '../spend-counters.suite.js';
import { PostgresSpendCounters } from './postgres-spend-counters.js';

describeWith(['postgres'], 'spend counters in PostgreSQL', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await engines.postgresDatabase('budgets');
  });

  afterAll(async () => {
    await database.drop();
  });

  describeSpendCounters({
    engineUrl: () => database.url,
    create: (url, timeoutMs) => new PostgresSpendCounters({ databaseUrl: url, timeoutMs }),
  });

  it('removes what has expired while it counts', async () => {
    const counters = new PostgresSpendCounters({ databaseUrl: database.url, rememberHours: 0 });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await counters.connect();
    const projectId = randomUUID();
    const entry = { eventId: randomUUID(), projectId, occurredAt: new Date('2020-01-01T00:00:00Z'), amountNanoUsd: 1n, dimensions: { user: 'ann' } };
    await counters.add([entry]);
    const left = async () =>
      (await client.query('SELECT (SELECT count(*) FROM budgets.counted_events WHERE event_id = $1) + (SELECT count(*) FROM budgets.spend_counters WHERE project_id = $2) AS rows', [
        entry.eventId,
        projectId,
      ])).rows[0].rows;
    expect(await left()).toBe('0');
    await counters.close();
    await client.end();
  });
});
