export { engines } from './shared-engines.js';
export { describeWith } from './describe-with.js';
export { freePort } from './launchers.js';
export { reportCouldNotRun } from './could-not-run.js';
export { startOwnKafka, startOwnPostgres, startOwnRedis, type OwnKafka, type OwnPostgres, type OwnRedis } from './own-engines.js';
export type { EngineName } from './engines.config.js';
export type { TestDatabase } from './test-database.js';
