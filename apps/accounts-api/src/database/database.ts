import { PrismaPg } from '@prisma/adapter-pg';
import { applyMigrations, createPool } from '@llm-proxy/platform-postgres';
import { Prisma, PrismaClient } from '../generated/client.js';

export { Prisma };

export const DATABASE_SCHEMA = 'accounts';

const STATEMENT_TIMEOUT_MS = 10_000;

/** Prisma on a pool of ours: 5 s to get a connection, 10 s for a statement or a transaction. */
export class Database extends PrismaClient {}

/** What a store needs inside a transaction. */
export type Transaction = Prisma.TransactionClient;

/** Connects on first use; `$disconnect` ends the pool. */
export const openDatabase = (databaseUrl: string): Database => {
  const pool = createPool({ databaseUrl, applicationName: 'accounts-api', statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  const adapter = new PrismaPg(pool, { schema: DATABASE_SCHEMA, disposeExternalPool: true });
  return new Database({ adapter, errorFormat: 'minimal', transactionOptions: { maxWait: 5_000, timeout: STATEMENT_TIMEOUT_MS } });
};

/** @returns names of the migrations it applied */
export const migrate = (databaseUrl: string): Promise<string[]> =>
  applyMigrations({ databaseUrl, schema: DATABASE_SCHEMA, directory: new URL('../../prisma/migrations', import.meta.url) });

const hasCode = (error: unknown, code: string): boolean => error instanceof Prisma.PrismaClientKnownRequestError && error.code === code;

/** A unique constraint said no: somebody else was first. */
export const isDuplicate = (error: unknown): boolean => hasCode(error, 'P2002');

/** The row it was to belong to does not exist. */
export const isOrphan = (error: unknown): boolean => hasCode(error, 'P2003');

/** The row to be changed does not exist. */
export const isGone = (error: unknown): boolean => hasCode(error, 'P2025');
