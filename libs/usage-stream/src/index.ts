export type * from './port.js';
export { createUsageStream, type UsageStreamOptions } from './create-usage-stream.js';
export { createKafkaStream, type KafkaStreamOptions } from './kafka/kafka-stream.js';
export { createPostgresStream, type PostgresStreamOptions } from './postgres/postgres-stream.js';
export { PublishError } from './usage-stream.errors.js';
export { isTransient } from './transient-error.js';
export { BatchPattern } from './nest/batch-pattern.decorator.js';
export { UsageStreamServer, type UsageStreamServerOptions } from './nest/usage-stream.server.js';
