import pg from 'pg';

const DUPLICATE_DATABASE = '42P04';
/** Two at once may also collide on the catalogue's unique index. */
const UNIQUE_VIOLATION = '23505';

/**
 * Creates the database unless it is there.
 * @param serverUrl address of any other database of the server, for a user who may create databases
 */
export const ensureDatabase = async (serverUrl: string, name: string): Promise<void> => {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== DUPLICATE_DATABASE && code !== UNIQUE_VIOLATION) throw error;
  } finally {
    await client.end();
  }
};
