import type { Logger } from '@llm-proxy/platform-logging';
import { createKafkaStream } from './kafka/kafka-stream.js';
import type { UsageStream } from './port.js';
import { createPostgresStream } from './postgres/postgres-stream.js';
import { withTopicPrefix } from './topic-prefix.js';

export interface UsageStreamOptions {
  /** Selects Kafka. */
  kafkaBrokers?: readonly string[];
  /** Before every topic and group in Kafka, so that deployments can share a cluster. */
  kafkaTopicPrefix?: string;
  /** Used when there are no brokers. */
  databaseUrl?: string;
  /** Name of this service, as the engine shows it. */
  clientId: string;
  logger: Logger;
  /** @default 10000 */
  publishTimeoutMs?: number;
  /** How long a publish waits for others to share its request; for callers that publish single messages. @default 0 */
  lingerMs?: number;
  /** Of topics that have to be created. @default 12 */
  partitions?: number;
}

/**
 * The adapter that the settings of a deployment select.
 * @throws TypeError when they select none
 */
export const createUsageStream = ({ kafkaBrokers, kafkaTopicPrefix, databaseUrl, ...options }: UsageStreamOptions): UsageStream => {
  if (kafkaBrokers !== undefined && kafkaBrokers.length > 0) {
    const stream = createKafkaStream({ ...options, brokers: kafkaBrokers });
    return kafkaTopicPrefix === undefined ? stream : withTopicPrefix(stream, kafkaTopicPrefix);
  }
  if (databaseUrl === undefined) throw new TypeError('The usage stream needs KAFKA_BROKERS or DATABASE_URL.');
  return createPostgresStream({ ...options, databaseUrl });
};
