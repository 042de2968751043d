import type { INestApplication } from '@nestjs/common';
import type { Logger } from '@llm-proxy/platform-logging';
import { PRICED_USAGE_TOPIC } from '@llm-proxy/usage-schema';
import { createUsageStream, UsageStreamServer } from '@llm-proxy/usage-stream';
import type { AccountsApiConfig } from '../accounts-api.config.js';

const GROUP = 'llm-loggers';
/** This service publishes nothing; the time bounds how long it waits for an engine that is away before it goes on trying. */
const WAIT_MS = 2_000;

/**
 * Hands priced usage to the handlers of the app. Returns at once, because the REST API and the gateways do not depend on it: what comes
 * while it is not there waits in the stream.
 */
export const followPricedUsage = (app: INestApplication, { DATABASE_URL, KAFKA_BROKERS, KAFKA_TOPIC_PREFIX }: AccountsApiConfig, logger: Logger): { stop(): Promise<void> } => {
  const stream = createUsageStream({ clientId: 'accounts-api', databaseUrl: DATABASE_URL, kafkaBrokers: KAFKA_BROKERS, kafkaTopicPrefix: KAFKA_TOPIC_PREFIX, logger, publishTimeoutMs: WAIT_MS });
  const server = new UsageStreamServer({ stream, group: GROUP });
  app.connectMicroservice({ strategy: server });
  const started = stream
    .connect([PRICED_USAGE_TOPIC])
    .then(() => app.startAllMicroservices())
    .catch((error: unknown) => logger.error({ err: error }, 'priced usage cannot be followed: LLM loggers copy nothing until the next start'));
  const stop = async (): Promise<void> => {
    await started;
    await server.close();
    await stream.close();
  };
  return { stop };
};
