import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  /** For the superuser. */
  url: string;
  /** Ends what is still connected, and removes the database. Safe to call twice. */
  drop(): Promise<void>;
}

const MAX_NAME_BYTES = 40;

const freshName = (name: string): string => `${name.slice(0, MAX_NAME_BYTES)}_${randomBytes(6).toString('hex')}`;

const run = async (serverUrl: string, sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/** Makes an empty database with a name of its own. */
export const createTestDatabase = async (serverUrl: string, name: string): Promise<TestDatabase> => {
  const database = freshName(name);
  const quoted = pg.escapeIdentifier(database);
  await run(serverUrl, `CREATE DATABASE ${quoted}`);
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  return { url: url.href, drop: () => run(serverUrl, `DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`) };
};
