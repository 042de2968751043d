import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import type { PricedUsage } from '@llm-proxy/usage-schema';
import fc from 'fast-check';
import { DatabaseAwayError } from '../database/database-away.js';
import { type Database, migrateDatabase, openDatabase } from '../database/database.js';
import { compareTotals } from '../reconcile/compare-totals.js';
import { eventArbitrary, eventOf, lineOf } from '../sample-events.suite.js';
import { recordBatch } from './record-batch.js';

const amountOf = (events: readonly PricedUsage[]): bigint => events.reduce((sum, event) => sum + BigInt(event.data.pricing.totalNanoUsd), 0n);

describeWith(['postgres'], 'recordBatch', () => {
  let postgres: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    postgres = await engines.postgresDatabase('billing_record');
    await migrateDatabase(postgres.url);
    database = openDatabase({ databaseUrl: postgres.url, applicationName: 'spec', maxConnections: 8, statementTimeoutMs: 20_000 });
  });

  afterAll(async () => {
    await database.$disconnect();
    await postgres.drop();
  });

  const recordedAmounts = async (projectId: string) => {
    const [sums] = await database.$queryRaw<Record<'events' | 'lines' | 'totals' | 'count', bigint>[]>`
      SELECT (SELECT coalesce(sum(total_nano), 0)::bigint FROM billing.usage_events WHERE project_id = ${projectId}::uuid) AS events,
        (SELECT coalesce(sum(amount_nano), 0)::bigint FROM billing.line_items JOIN billing.usage_events ON id = event_id WHERE project_id = ${projectId}::uuid) AS lines,
        (SELECT coalesce(sum(amount_nano), 0)::bigint FROM billing.usage_totals WHERE project_id = ${projectId}::uuid) AS totals,
        (SELECT count(*) FROM billing.usage_events WHERE project_id = ${projectId}::uuid) AS count`;
    return sums!;
  };

  it('keeps every fact of the event, and its lines in order', async () => {
    const lines = [lineOf('audio_minutes', '0.116666667', 9_007_199_254_740_993n), lineOf('output_tokens', '300', 1n), lineOf('llm_proxy_surcharge', '1', 5n)];
    const event = eventOf({
      time: '2026-11-22T23:59:59.9996+02:00',
      lines,
      attribution: { apiKeyId: randomUUID(), userId: 'ann', participant: 'Ann "A" \\ {B}, NULL', room: 'lab', client: 'curl/8', annotations: { task: 'a "b"' } },
    });
    expect(await recordBatch(database, [event])).toBe(1);
    const stored = await database.usageEvent.findUniqueOrThrow({ where: { id: event.id } });
    expect(stored).toMatchObject({
      projectId: event.data.attribution.projectId,
      occurredAt: new Date('2026-11-22T21:59:59.999Z'),
      requestModel: 'gpt-5.4',
      responseModel: 'gpt-5.4-2026-03-05',
      requestServiceTier: null,
      participant: 'Ann "A" \\ {B}, NULL',
      annotations: { task: 'a "b"' },
      usage: event.data.usage,
      unpricedTypes: [],
      totalNano: 9_007_199_254_740_999n,
      surchargeNano: 5n,
      durationMs: 900.5,
    });
    const storedLines = await database.lineItem.findMany({ where: { eventId: event.id }, orderBy: { position: 'asc' } });
    expect(storedLines.map((line) => [line.type, line.quantity.toFixed(), line.unitPricePico, line.amountNano])).toEqual(
      lines.map((line) => [line.type, line.quantity, BigInt(line.unitPricePicoUsd), BigInt(line.amountNanoUsd)]),
    );
  });

  it('records an event without lines, and one without usage', async () => {
    const projectId = randomUUID();
    const empty = eventOf({ projectId, lines: [] });
    const unknown = eventOf({ projectId });
    unknown.data.usage = null;
    expect(await recordBatch(database, [empty, unknown])).toBe(2);
    expect(await recordBatch(database, [])).toBe(0);
    expect(await recordedAmounts(projectId)).toMatchObject({ count: 2n, totals: 2_625_000n });
  });

  it('counts an event once, in either spelling of its id', async () => {
    const event = eventOf();
    expect(await recordBatch(database, [event, event, { ...event, id: event.id.toUpperCase() }])).toBe(1);
    expect(await recordBatch(database, [{ ...event, id: event.id.toUpperCase() }])).toBe(0);
    expect(await recordedAmounts(event.data.attribution.projectId)).toEqual({ count: 1n, events: 2_625_000n, lines: 2_625_000n, totals: 2_625_000n });
  });

  it('keeps totals equal to lines, whatever the batches, with writers that overlap', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(eventArbitrary(randomUUID()), { minLength: 1, maxLength: 25 }), fc.array(fc.array(fc.nat(), { maxLength: 30 }), { maxLength: 6 }), async (events, picks) => {
        const projectId = randomUUID();
        const mine = events.map((event) => ({ ...event, id: randomUUID(), data: { ...event.data, attribution: { ...event.data.attribution, projectId } } }));
        const batches = picks.map((batch) => batch.map((pick) => mine[pick % mine.length]!));
        const counts = await Promise.all(batches.map((batch) => recordBatch(database, batch)));
        const distinct = [...new Set(batches.flat())];
        const amount = amountOf(distinct);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(distinct.length);
        expect(await recordedAmounts(projectId)).toEqual({ count: BigInt(distinct.length), events: amount, lines: amount, totals: amount });
        expect(await compareTotals(database, { projectId })).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('does not deadlock when many writers record the same events and the same totals', async () => {
    const projects = [randomUUID(), randomUUID(), randomUUID()];
    const events = Array.from({ length: 200 }, (_, index) => eventOf({ projectId: projects[index % 3]!, attribution: { userId: `u${index % 11}` } }));
    const batches = Array.from({ length: 16 }, (_, index) => (index % 2 ? events.toReversed() : events).slice(index * 4, index * 4 + 140));
    const counts = await Promise.all(batches.map((batch) => recordBatch(database, batch)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(new Set(batches.flat()).size);
    expect(await Promise.all(projects.map((projectId) => compareTotals(database, { projectId })))).toEqual([[], [], []]);
  });

  it.each(['usage_events', 'line_items', 'usage_totals'])('leaves nothing behind when the connection dies at %s, and says that PostgreSQL is away', async (table) => {
    const [kept, lost] = [eventOf(), eventOf()];
    lost.data.attribution.projectId = kept.data.attribution.projectId;
    const { projectId } = kept.data.attribution;
    await recordBatch(database, [kept]);
    await database.$executeRawUnsafe(
      `CREATE FUNCTION billing.die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'`,
    );
    await database.$executeRawUnsafe(`CREATE TRIGGER die AFTER INSERT ON billing.${table} FOR EACH STATEMENT EXECUTE FUNCTION billing.die()`);
    const error = await recordBatch(database, [kept, lost]).catch((failure: unknown) => failure);
    await database.$executeRawUnsafe(`DROP FUNCTION billing.die() CASCADE`);
    expect(error).toBeInstanceOf(DatabaseAwayError);
    expect(error).toMatchObject({ transient: true });
    expect(await recordedAmounts(projectId)).toEqual({ count: 1n, events: 2_625_000n, lines: 2_625_000n, totals: 2_625_000n });
    expect(await recordBatch(database, [kept, lost])).toBe(1);
    expect(await recordedAmounts(projectId)).toMatchObject({ count: 2n, totals: 5_250_000n });
    expect(await compareTotals(database, { projectId })).toEqual([]);
  });

  it('says that PostgreSQL is away when the connection is reset while a statement runs', async () => {
    const sockets = new Set<Socket>();
    const target = new URL(postgres.url);
    const forwarder = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname);
      for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
      client.pipe(upstream).pipe(client);
    }).listen(0, '127.0.0.1');
    await once(forwarder, 'listening');
    const url = new URL(postgres.url);
    url.host = `127.0.0.1:${(forwarder.address() as AddressInfo).port}`;
    const through = openDatabase({ databaseUrl: url.href, applicationName: 'reset', maxConnections: 1, statementTimeoutMs: 20_000 });

    const event = eventOf();
    const error = await database.$transaction(async (transaction) => {
      await transaction.$executeRaw`LOCK TABLE billing.line_items`;
      const outcome = recordBatch(through, [event]).catch((failure: unknown) => failure);
      while ((await database.$queryRaw<unknown[]>`SELECT 1 FROM pg_stat_activity WHERE application_name = 'reset' AND wait_event_type = 'Lock'`).length === 0);
      for (const socket of sockets) socket.resetAndDestroy();
      return outcome;
    });
    expect(error).toBeInstanceOf(DatabaseAwayError);
    expect(await recordBatch(through, [event])).toBe(1);
    await through.$disconnect();
    for (const socket of sockets) socket.destroy();
    forwarder.close();
  });

  it('holds a database that is set up wrongly for one that is away', async () => {
    const event = eventOf();
    await database.$executeRaw`ALTER TABLE billing.line_items RENAME TO elsewhere`;
    const error = await recordBatch(database, [event]).catch((failure: unknown) => failure);
    await database.$executeRaw`ALTER TABLE billing.elsewhere RENAME TO line_items`;
    expect(error).toBeInstanceOf(DatabaseAwayError);
    expect(await recordBatch(database, [event])).toBe(1);
  });

  it('refuses an amount that does not fit, with an error that is not about PostgreSQL being away', async () => {
    const bad = eventOf({ lines: [lineOf('input_tokens', '1', 2n ** 63n)] });
    const error = await recordBatch(database, [eventOf({ projectId: bad.data.attribution.projectId }), bad]).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(DatabaseAwayError);
    expect(await recordedAmounts(bad.data.attribution.projectId)).toMatchObject({ count: 0n, lines: 0n, totals: 0n });
  });
});
