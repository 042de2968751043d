import { applyMigrations, createPool } from '@llm-proxy/platform-postgres';
import type { Pool, PoolClient } from 'pg';
import { checkedEntries } from '../checked-entries.js';
import { CountersAwayError } from '../counters-away.error.js';
import type { SpendCounters, SpendEntry, SpendScope, SpendWindow } from '../port.js';
import { scopeKeyOf } from '../spend-scope.js';
import { windowKeyOf } from '../spend-window.js';
import { spendRows } from './spend-rows.js';

export interface PostgresSpendCountersOptions {
  databaseUrl: string;
  /** For each statement. @default 10000 */
  timeoutMs?: number;
  /** How long an event stays known as counted. @default 48 */
  rememberHours?: number;
}

const MIGRATIONS = new URL('../../migrations/', import.meta.url);
const SWEEP_EVERY_MS = 1_000;

const MARK_COUNTED = `
  INSERT INTO budgets.counted_events (event_id, expires_at)
  SELECT event_id, now() + make_interval(hours => $2) FROM unnest($1::uuid[]) AS entry (event_id)
  ON CONFLICT (event_id) DO NOTHING RETURNING event_id`;

const ADD_SPEND = `
  INSERT INTO budgets.spend_counters AS counter (project_id, window_kind, window_start, scope, expires_at, amount_nano)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::timestamptz[], $6::bigint[])
  ON CONFLICT (project_id, window_kind, window_start, scope) DO UPDATE SET amount_nano = counter.amount_nano + excluded.amount_nano`;

const READ_SPEND = `
  SELECT amount_nano FROM budgets.spend_counters
  WHERE project_id = $1 AND window_kind = $2 AND window_start = $3 AND scope = $4 AND expires_at > now()`;

const SWEEP = ['counted_events', 'spend_counters'].map(
  (table) => `DELETE FROM budgets.${table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM budgets.${table} WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
);

/** Data exceptions (SQLSTATE class 22) are about the entries; everything else is about the store and its set-up. */
const away = (error: unknown): Error => {
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = (cause as { code?: unknown }).code;
  const isContent = typeof code === 'string' && code.startsWith('22');
  return isContent ? new RangeError(cause.message, { cause }) : new CountersAwayError(`PostgreSQL: ${cause.message}`, { cause });
};

export class PostgresSpendCounters implements SpendCounters {
  private readonly pool: Pool;
  private readonly rememberHours: number;
  private addedSinceSweep = 0;
  private nextSweepAt = 0;

  constructor(private readonly options: PostgresSpendCountersOptions) {
    this.rememberHours = options.rememberHours ?? 48;
    this.pool = createPool({
      databaseUrl: options.databaseUrl,
      applicationName: 'llm-proxy-budgets',
      maxConnections: 6,
      statementTimeoutMs: options.timeoutMs ?? 10_000,
    });
  }

  async connect(): Promise<void> {
    await applyMigrations({ databaseUrl: this.options.databaseUrl, schema: 'budgets', directory: MIGRATIONS }).catch((error: unknown) =>
      Promise.reject(away(error)),
    );
  }

  async add(entries: readonly SpendEntry[]): Promise<void> {
    const checked = checkedEntries(entries).sort((left, right) => (left.eventId < right.eventId ? -1 : 1));
    if (checked.length === 0) return;
    await this.inTransaction((client) => this.count(client, checked));
    this.addedSinceSweep += checked.length;
    await this.sweep();
  }

  async read(projectId: string, { scope, window }: { scope: SpendScope; window: SpendWindow }): Promise<bigint> {
    const { kind, start } = windowKeyOf(window);
    const answer = await this.pool
      .query<{ amount_nano: string }>(READ_SPEND, [projectId, kind, start, scopeKeyOf(scope)])
      .catch((error: unknown) => Promise.reject(away(error)));
    return BigInt(answer.rows[0]?.amount_nano ?? 0);
  }

  async check(): Promise<void> {
    await this.pool.query('SELECT 1').catch((error: unknown) => Promise.reject(away(error)));
  }

  async close(): Promise<void> {
    if (!this.pool.ended) await this.pool.end();
  }

  private async count(client: PoolClient, entries: readonly SpendEntry[]): Promise<void> {
    const marked = await client.query<{ event_id: string }>(MARK_COUNTED, [entries.map((entry) => entry.eventId), this.rememberHours]);
    const fresh = new Set(marked.rows.map((row) => row.event_id));
    const rows = spendRows(entries.filter((entry) => fresh.has(entry.eventId)));
    if (rows.length === 0) return;
    await client.query(ADD_SPEND, [
      rows.map((row) => row.projectId),
      rows.map((row) => row.kind),
      rows.map((row) => row.start),
      rows.map((row) => row.scope),
      rows.map((row) => row.expiresAt),
      rows.map((row) => row.amountNanoUsd.toString()),
    ]);
  }

  /** Removes at least as many expired rows as are added, so the tables stay bounded without a job of their own. */
  private async sweep(): Promise<void> {
    if (performance.now() < this.nextSweepAt) return;
    this.nextSweepAt = performance.now() + SWEEP_EVERY_MS;
    const limit = 1_000 + 2 * this.addedSinceSweep;
    this.addedSinceSweep = 0;
    // The entries are counted already; a sweep that fails is made up for by the next one.
    await Promise.allSettled(SWEEP.map((statement) => this.pool.query(statement, [limit])));
  }

  private async inTransaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
    const client = await this.pool.connect().catch((error: unknown) => Promise.reject(away(error)));
    try {
      await client.query('BEGIN');
      await work(client);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      // Closing the connection rolls back, also when the server no longer answers.
      client.release(true);
      throw away(error);
    }
  }
}
