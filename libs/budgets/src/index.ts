export { countedDimensions } from './port.js';
export type { CountedDimension, SpendCounters, SpendEntry, SpendScope, SpendWindow } from './port.js';
export { CountersAwayError } from './counters-away.error.js';
export { createSpendCounters, type CreateSpendCountersOptions } from './create-spend-counters.js';
export { RedisSpendCounters, type RedisSpendCountersOptions } from './redis/redis-spend-counters.js';
export { PostgresSpendCounters, type PostgresSpendCountersOptions } from './postgres/postgres-spend-counters.js';
