export { createPool, type PoolOptions } from './pool.js';
export { applyMigrations, type MigrateOptions } from './migrations.js';
export { isPostgresAway } from './engine-away.js';
