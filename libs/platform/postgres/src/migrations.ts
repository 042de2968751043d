import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

export interface MigrateOptions {
  databaseUrl: string;
  /** PostgreSQL schema of the service; made when it is missing. */
  schema: string;
  /** Folder of `<name>/migration.sql`, applied in the order of the names. */
  directory: string | URL;
}

/** Any fixed number: all services of a deployment migrate one after the other. */
const MIGRATION_LOCK = 72_707_369;

const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL,
  logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

/**
 * Applies what is missing, each migration in a transaction of its own, and keeps the books in Prisma's own table, so that
 * `prisma migrate status` agrees. Needs no Prisma command line at run time; safe when several processes start at once.
 * @returns names of the migrations it applied
 * @throws when an applied migration was changed afterwards
 */
export const applyMigrations = async (options: MigrateOptions): Promise<string[]> => {
  const client = new pg.Client({ connectionString: options.databaseUrl, connectionTimeoutMillis: 10_000 });
  // A server that stops while the lock is awaited must reject the query, not end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${pg.escapeIdentifier(options.schema)}`);
    await client.query(`SET search_path TO ${pg.escapeIdentifier(options.schema)}`);
    await client.query(CREATE_TABLE);
    return await applyMissing(client, options.directory instanceof URL ? fileURLToPath(options.directory) : options.directory);
  } finally {
    await client.end();
  }
};

const applyMissing = async (client: pg.Client, directory: string): Promise<string[]> => {
  const rows = await client.query<{ migration_name: string; checksum: string }>(
    'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  const done = new Map(rows.rows.map((row) => [row.migration_name, row.checksum]));
  const applied: string[] = [];
  for (const name of await migrationNames(directory)) {
    const sql = await readFile(path.join(directory, name, 'migration.sql'), 'utf8');
    const checksum = createHash('sha256').update(sql).digest('hex');
    if (done.has(name)) {
      if (done.get(name) !== checksum) throw new Error(`Migration ${name} was changed after it was applied.`);
      continue;
    }
    await applyOne(client, name, sql, checksum);
    applied.push(name);
  }
  return applied;
};

const migrationNames = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();

const applyOne = async (client: pg.Client, name: string, sql: string, checksum: string): Promise<void> => {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count) VALUES ($1, $2, now(), $3, 1)', [
      randomUUID(),
      checksum,
      name,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new Error(`Migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
};
