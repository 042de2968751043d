import path from 'node:path';
import { ensureDatabase, startEmbeddedPostgres } from '@llm-proxy/platform-postgres';
import type { StandaloneConfig } from './standalone.config.js';

export interface Engines {
  databaseUrl: string;
  /** For the banner. */
  description: string;
  stop(): Promise<void>;
}

const DATABASE = 'llm_proxy';

/** PostgreSQL by URL, else one of our own in the data folder. Stream and counters follow KAFKA_BROKERS and REDIS_URL. */
export const startEngines = async (config: StandaloneConfig): Promise<Engines> => {
  const others = [config.KAFKA_BROKERS ? 'Kafka' : null, config.REDIS_URL ? 'Redis' : null].filter((name) => name !== null);
  if (config.DATABASE_URL !== undefined) {
    return { databaseUrl: config.DATABASE_URL, description: ['PostgreSQL by DATABASE_URL', ...others].join(', '), stop: async () => undefined };
  }
  const server = await startEmbeddedPostgres({
    dataDir: path.join(config.DATA_DIR, 'postgres'),
    logFile: path.join(config.DATA_DIR, 'postgres.log'),
    durable: true,
  });
  await ensureDatabase(server.url('postgres'), DATABASE);
  const databaseUrl = server.url(DATABASE);
  return { databaseUrl, description: [`embedded PostgreSQL ${server.version}`, ...others].join(', '), stop: () => server.stop() };
};
