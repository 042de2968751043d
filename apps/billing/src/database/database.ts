import { applyMigrations } from '@llm-proxy/platform-postgres';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client.js';

export type Database = PrismaClient;

/** Injection tokens: reports have connections of their own, so that they cannot hold up the recording. */
export const RECORDING = Symbol('RECORDING_DATABASE');
export const READING = Symbol('READING_DATABASE');

export interface DatabaseOptions {
  databaseUrl: string;
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
  maxConnections: number;
  /** For one statement. */
  statementTimeoutMs: number;
}

const SCHEMA = 'billing';
const MIGRATIONS = new URL('../../prisma/migrations/', import.meta.url);

export const migrateDatabase = (databaseUrl: string): Promise<string[]> => applyMigrations({ databaseUrl, schema: SCHEMA, directory: MIGRATIONS });

/** Connects on first use; every statement and the wait for a connection have an end. */
export const openDatabase = (options: DatabaseOptions): Database =>
  new PrismaClient({
    adapter: new PrismaPg(
      {
        connectionString: options.databaseUrl,
        application_name: options.applicationName,
        max: options.maxConnections,
        connectionTimeoutMillis: 5_000,
        statement_timeout: options.statementTimeoutMs,
        query_timeout: options.statementTimeoutMs + 5_000,
        keepAlive: true,
      },
      { schema: SCHEMA },
    ),
    // Errors reach whoever asked; printed here they would also show values.
    log: [],
    errorFormat: 'minimal',
  });
