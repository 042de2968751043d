import type { Server } from 'node:http';
import { type RunningService, drainOf } from '@llm-proxy/platform-http';
import { type Logger, NestLogger } from '@llm-proxy/platform-logging';
import type { Metrics } from '@llm-proxy/platform-telemetry';
import { PRICED_USAGE_TOPIC } from '@llm-proxy/usage-schema';
import { createUsageStream, type UsageStream, UsageStreamServer } from '@llm-proxy/usage-stream';
import type { INestApplication } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import type { BillingConfig } from './billing.config.js';
import { BillingMetrics } from './billing-metrics.js';
import { BillingModule } from './billing.module.js';
import { DatabaseAwayFilter } from './database-away.filter.js';
import { type Database, migrateDatabase, openDatabase } from './database/database.js';

const GROUP = 'billing';

interface Engines {
  recording: Database;
  reading: Database;
  stream: UsageStream;
}

export interface BillingOptions {
  logger: Logger;
  /** Where it counts what it does; nothing is measured without. */
  metrics?: Metrics | undefined;
}

/**
 * Records priced usage from the stream and answers questions about it. Applies missing migrations first.
 * @throws when PostgreSQL is away at start; later outages are survived
 */
export const startBilling = async (config: BillingConfig, { logger, metrics }: BillingOptions): Promise<RunningService> => {
  await migrateDatabase(config.DATABASE_URL);
  const engines = openEngines(config, logger);
  try {
    await engines.stream.connect([PRICED_USAGE_TOPIC]);
    const app = await createApp(config, engines, { logger, metrics });
    const drain = drainOf(app.getHttpServer() as Server);
    await app.listen(config.PORT, config.HOST);
    const { port } = app.getHttpServer().address() as { port: number };
    let closing: Promise<void> | undefined;
    return { url: `http://127.0.0.1:${port}`, close: () => (closing ??= drain.run(() => app.close()).finally(() => closeEngines(engines))) };
  } catch (error) {
    await closeEngines(engines);
    throw error;
  }
};

const openEngines = ({ DATABASE_URL, KAFKA_BROKERS, KAFKA_TOPIC_PREFIX }: BillingConfig, logger: Logger): Engines => ({
  recording: openDatabase({ databaseUrl: DATABASE_URL, applicationName: 'llm-proxy-billing', maxConnections: 8, statementTimeoutMs: 30_000 }),
  reading: openDatabase({ databaseUrl: DATABASE_URL, applicationName: 'llm-proxy-billing-reports', maxConnections: 4, statementTimeoutMs: 15_000 }),
  stream: createUsageStream({ clientId: GROUP, databaseUrl: DATABASE_URL, kafkaBrokers: KAFKA_BROKERS, kafkaTopicPrefix: KAFKA_TOPIC_PREFIX, logger }),
});

const createApp = async (config: BillingConfig, { recording, reading, stream }: Engines, { logger, metrics }: BillingOptions): Promise<INestApplication> => {
  const module = BillingModule.of({ recording, reading, stream, serviceCredential: config.SERVICE_CREDENTIAL, watch: metrics && new BillingMetrics(metrics) });
  const app = await NestFactory.create(module, { logger: new NestLogger(logger), abortOnError: false });
  app.useGlobalFilters(new DatabaseAwayFilter(app.get(HttpAdapterHost).httpAdapter));
  app.connectMicroservice({ strategy: new UsageStreamServer({ stream, group: GROUP }) });
  await app.startAllMicroservices();
  return app;
};

const closeEngines = async ({ recording, reading, stream }: Engines): Promise<void> => {
  await Promise.allSettled([stream.close(), recording.$disconnect(), reading.$disconnect()]);
};
