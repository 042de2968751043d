import pg from 'pg';

export interface PoolOptions {
  databaseUrl: string;
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
  /** @default 10 */
  maxConnections?: number;
  /** For one statement. @default 30000 */
  statementTimeoutMs?: number;
}

/** A pool that fails fast instead of hanging: 5 s to connect, a limit on every statement, and no crash when an idle connection dies. */
export const createPool = (options: PoolOptions): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    application_name: options.applicationName,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 5_000,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    query_timeout: (options.statementTimeoutMs ?? 30_000) + 5_000,
    keepAlive: true,
  });
  // The pool replaces a dead connection, idle or lent out; without a listener the event would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
};
