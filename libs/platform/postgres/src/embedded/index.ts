export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './start-embedded-postgres.js';
export { EmbeddedPostgresError } from './embedded-postgres.errors.js';
export { ensureDatabase } from './ensure-database.js';
