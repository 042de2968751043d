export { createPool, type PoolOptions } from './pool.js';
export { applyMigrations, type MigrateOptions } from './migrations.js';
export { isPostgresAway } from './engine-away.js';
export { EmbeddedPostgresError, ensureDatabase, startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded/index.js';
