import pg from 'pg';

/** Prisma's codes for what went wrong. */
const NO_SUCH_DATABASE = 'P1003';
const DENIED = 'P1000';
const NOT_REACHABLE = 'P1001';

const errorCode = (/** @type {{ code?: string }} */ error) => {
  if (error.code === '3D000') return NO_SUCH_DATABASE;
  return error.code?.startsWith('28') ? DENIED : NOT_REACHABLE;
};

/** The last line on standard error that Prisma reads as the reason. */
const logFailure = (/** @type {{ code?: string, message: string }} */ error) => {
  const fields = { message: error.message, error_code: errorCode(error), is_panic: false };
  process.stderr.write(`\n${JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields })}\n`);
};

/** Databases are created and dropped over a connection to another one. */
const beside = (/** @type {string} */ url) => {
  const server = new URL(url);
  const database = decodeURIComponent(server.pathname.slice(1));
  server.pathname = '/postgres';
  server.search = '';
  return { serverUrl: server.href, database: pg.escapeIdentifier(database) };
};

const execute = async (/** @type {string} */ url, /** @type {string} */ sql) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/** @type {Record<string, (url: string) => Promise<void>>} */
const commands = {
  'can-connect-to-database': (url) => execute(url, 'SELECT 1'),
  'create-database': (url) => execute(beside(url).serverUrl, `CREATE DATABASE ${beside(url).database}`),
  'drop-database': (url) => execute(beside(url).serverUrl, `DROP DATABASE IF EXISTS ${beside(url).database}`),
};

/**
 * @param {string} command
 * @param {string | null} url
 * @returns {Promise<number>} exit code
 */
export const runDatabaseCommand = async (command, url) => {
  try {
    const run = commands[command];
    if (run === undefined) throw new Error(`The schema engine knows no command "${command}".`);
    if (url === null) throw new Error('The schema engine was given no database.');
    await run(url);
    return 0;
  } catch (error) {
    logFailure(/** @type {Error} */ (error));
    return 1;
  }
};
