import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import { type Database, migrateDatabase, openDatabase } from '../database/database.js';
import { recordBatch } from '../recording/record-batch.js';
import { eventOf } from '../sample-events.suite.js';
import { compareTotals } from './compare-totals.js';
import { reconcile } from './reconcile.js';

describeWith(['postgres'], 'reconcile', () => {
  let postgres: TestDatabase;
  let database: Database;
  const projectId = randomUUID();

  beforeAll(async () => {
    postgres = await engines.postgresDatabase('billing_reconcile');
    await migrateDatabase(postgres.url);
    database = openDatabase({ databaseUrl: postgres.url, applicationName: 'spec', maxConnections: 2, statementTimeoutMs: 20_000 });
    const days = ['2026-11-01T10:00:00Z', '2026-11-02T10:00:00Z', '2026-11-02T11:00:00Z'];
    await recordBatch(database, days.map((time) => eventOf({ projectId, time, attribution: { userId: 'ann' } })));
    await recordBatch(database, [eventOf()]);
  });

  afterAll(async () => {
    await database.$disconnect();
    await postgres.drop();
  });

  const run = async (...args: string[]) => {
    const output: string[] = [];
    const code = await reconcile(args, () => postgres.url, (text) => output.push(text));
    return { code, text: output.join('') };
  };

  it('is content when totals equal the sums of the lines', async () => {
    expect(await run()).toEqual({ code: 0, text: 'Totals equal the sums of the lines.\n' });
  });

  it('prints each difference: a total that is off, a line too many, a total without lines', async () => {
    const other = randomUUID();
    await database.$executeRaw`UPDATE billing.usage_totals SET amount_nano = amount_nano + 1 WHERE project_id = ${projectId}::uuid AND day = '2026-11-02' AND type = 'input_tokens'`;
    await database.$executeRaw`
      INSERT INTO billing.line_items SELECT id, 7, 'output_tokens', 3, 1, 9 FROM billing.usage_events WHERE project_id = ${projectId}::uuid AND occurred_at < '2026-11-02'`;
    await database.$executeRaw`UPDATE billing.usage_totals SET project_id = ${other}::uuid WHERE project_id <> ${projectId}::uuid AND type = 'input_tokens'`;

    const differences = await compareTotals(database, { projectId });
    expect(differences).toEqual([
      { projectId, day: '2026-11-01', dimensions: expect.objectContaining({ user: 'ann', type: 'output_tokens' }), inLines: { quantity: '3', amountNanoUsd: '9', events: '1' }, inTotals: null },
      {
        projectId,
        day: '2026-11-02',
        dimensions: expect.objectContaining({ user: 'ann', room: null, type: 'input_tokens' }),
        inLines: { quantity: '2000', amountNanoUsd: '5000000', events: '2' },
        inTotals: { quantity: '2000', amountNanoUsd: '5000001', events: '2' },
      },
    ]);
    expect(await compareTotals(database, { projectId: other })).toMatchObject([{ inLines: null, inTotals: { events: '1' } }]);

    const all = await run();
    expect(all.code).toBe(1);
    expect(all.text.trim().split('\n')).toHaveLength(5);
    expect((await run('--project', projectId, '--from', '2026-11-02', '--to', '2026-11-02')).text).toContain('"amountNanoUsd":"5000001"');
    expect(await run('--project', projectId, '--from', '2026-11-03')).toMatchObject({ code: 0 });
  });

  it('refuses a range that is none', async () => {
    await expect(run('--from', 'yesterday')).rejects.toThrow(/from/);
    await expect(run('--until', '2026-11-01')).rejects.toThrow(/until/);
  });
});
