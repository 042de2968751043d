import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';

/** The type "char" of the system catalogues, which the adapter does not know, and the one that we show it instead. */
const CATALOGUE_CHAR = 18;
const BPCHAR = 1042;

/** `base` with some methods replaced; the rest, and what they share, stays its own. */
const replace = (/** @type {object} */ base, /** @type {Record<string, Function>} */ methods) => Object.assign(Object.create(base), methods);

/** Runs a query on `connection`, with columns of the type "char" told as characters. */
const queryWithChars = async (/** @type {any} */ connection, /** @type {unknown} */ query) => {
  /** @type {boolean[]} */
  let isChar = [];
  const reader = replace(connection, {
    performIO: async (/** @type {unknown} */ io) => {
      const result = await connection.performIO(io);
      isChar = result.fields.map((/** @type {any} */ field) => field.dataTypeID === CATALOGUE_CHAR);
      const fields = result.fields.map((/** @type {any} */ field, /** @type {number} */ at) => (isChar[at] ? { ...field, dataTypeID: BPCHAR } : field));
      return { rows: result.rows, rowCount: result.rowCount, fields };
    },
  });
  const answer = await reader.queryRaw(query);
  const columnTypes = answer.columnTypes.map((/** @type {number} */ type, /** @type {number} */ at) => (isChar[at] ? ColumnTypeEnum.Character : type));
  return { ...answer, columnTypes };
};

/** The adapter's connection, mended where migrations need more than queries do. */
const forMigrations = (/** @type {any} */ connection) =>
  replace(connection, {
    queryRaw: (/** @type {unknown} */ query) => queryWithChars(connection, query),
    // The adapter cuts scripts at every semicolon, which breaks function bodies: PostgreSQL takes them whole.
    executeScript: async (/** @type {string} */ script) => {
      try {
        await connection.client.query(script);
      } catch (error) {
        connection.onError(error);
      }
    },
    startTransaction: async (/** @type {unknown[]} */ ...args) => forMigrations(await connection.startTransaction(...args)),
  });

const connectionParts = (/** @type {string} */ url) => {
  const address = new URL(url);
  const schema = address.searchParams.get('schema') ?? undefined;
  address.searchParams.delete('schema');
  // In parts, because a connection string would win over the database name of the shadow database, and the engine would
  // then reset the real one.
  return { config: parseIntoClientConfig(address.href), schema };
};

const execute = async (/** @type {pg.ClientConfig} */ config, /** @type {string} */ sql) => {
  const client = new pg.Client(config);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/** Makes an empty database to try migrations on. It goes after its own connections have ended, which the adapter mixes up. */
const connectToShadow = async (/** @type {pg.ClientConfig} */ config, /** @type {string | undefined} */ schema) => {
  const database = `prisma_shadow_${randomUUID()}`;
  await execute(config, `CREATE DATABASE ${pg.escapeIdentifier(database)}`);
  const connection = await new PrismaPg({ ...config, database }, { schema }).connect();
  return replace(forMigrations(connection), {
    dispose: async () => {
      await connection.dispose();
      await execute(config, `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`);
    },
  });
};

/** What the engine gets its connections from. Without a database it serves what needs none, such as comparing two schemas. */
export const createAdapterFactory = (/** @type {string | null} */ url) => {
  const { config, schema } = url === null ? { config: {}, schema: undefined } : connectionParts(url);
  const plain = new PrismaPg(config, { schema });
  return bindMigrationAwareSqlAdapterFactory({
    provider: plain.provider,
    adapterName: plain.adapterName,
    connect: async () => forMigrations(await plain.connect()),
    connectToShadowDb: () => connectToShadow(config, schema),
  });
};
