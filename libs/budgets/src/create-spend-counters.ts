import type { SpendCounters } from './port.js';
import { PostgresSpendCounters } from './postgres/postgres-spend-counters.js';
import { RedisSpendCounters } from './redis/redis-spend-counters.js';

export interface CreateSpendCountersOptions {
  databaseUrl: string;
  /** Set: the counters live in Redis. Unset: in PostgreSQL. */
  redisUrl?: string | undefined;
  logger?: { warn(fields: object, message: string): void };
}

/** For composition roots: the adapter that the settings select. */
export const createSpendCounters = ({ databaseUrl, redisUrl, logger }: CreateSpendCountersOptions): SpendCounters =>
  redisUrl === undefined ? new PostgresSpendCounters({ databaseUrl }) : new RedisSpendCounters({ redisUrl, ...(logger && { logger }) });
