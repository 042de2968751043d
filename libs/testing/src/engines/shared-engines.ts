import { reportCouldNotRun } from './could-not-run.js';
import { engineAddress, type EngineName } from './engines.config.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

const addressOrReport = (engine: EngineName): string | null => {
  const address = engineAddress(engine);
  if (address === null) reportCouldNotRun(`${engine} could not be had`);
  return address;
};

/**
 * Real engines, started once for the whole run and shared by all specs: keep apart by fresh databases, keys and topics.
 * Each throws when the run forgot to name the engine; null (or a throw, for PostgreSQL) means that the run could not get it,
 * and the spec is reported as one that could not run.
 */
export const engines = {
  /** A fresh, empty database on a real PostgreSQL 18. */
  postgresDatabase: async (name = 'test'): Promise<TestDatabase> => {
    const address = addressOrReport('postgres');
    if (address === null) throw new Error('No PostgreSQL could be had in this run.');
    return createTestDatabase(address, name);
  },

  /** `redis://…` of a real Redis, or null. */
  redisUrl: async (): Promise<string | null> => addressOrReport('redis'),

  /** `host:port` of a real Kafka's brokers, or null. */
  kafkaBrokers: async (): Promise<string[] | null> => addressOrReport('kafka')?.split(',') ?? null,
};
