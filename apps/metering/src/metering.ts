import type { Server } from 'node:http';
import { createSpendCounters, type SpendCounters } from '@llm-proxy/budgets';
import { type RunningService, drainOf } from '@llm-proxy/platform-http';
import { type Logger, NestLogger } from '@llm-proxy/platform-logging';
import type { Metrics } from '@llm-proxy/platform-telemetry';
import { loadPriceBook, type PriceBook } from '@llm-proxy/pricing';
import { PRICED_USAGE_TOPIC, USAGE_TOPIC } from '@llm-proxy/usage-schema';
import { createUsageStream, type UsageStream, UsageStreamServer } from '@llm-proxy/usage-stream';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MeteringConfig } from './metering.config.js';
import { MeteringMetrics } from './metering-metrics.js';
import { MeteringModule } from './metering.module.js';
import { RecentEvents } from './metering/recent-events.js';

const GROUP = 'metering';

interface Engines {
  counters: SpendCounters;
  stream: UsageStream;
}

export interface MeteringOptions {
  logger: Logger;
  /** Where it counts what it does; nothing is measured without. */
  metrics?: Metrics | undefined;
}

/**
 * Prices usage from the stream, publishes it priced and keeps the spend counters.
 * @throws when the counters are away at start, or the price file is not valid; later outages are survived
 */
export const startMetering = async (config: MeteringConfig, { logger, metrics }: MeteringOptions): Promise<RunningService> => {
  const priceBook = loadPriceBook(config.PRICE_FILE);
  logger.info({ priceVersions: priceBook.versions }, 'prices are read');
  const engines = openEngines(config, logger);
  try {
    await engines.counters.connect();
    await engines.stream.connect([USAGE_TOPIC, PRICED_USAGE_TOPIC]);
    const app = await createApp(config, engines, priceBook, { logger, metrics });
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

const openEngines = ({ DATABASE_URL, REDIS_URL, KAFKA_BROKERS, KAFKA_TOPIC_PREFIX }: MeteringConfig, logger: Logger): Engines => ({
  counters: createSpendCounters({ databaseUrl: DATABASE_URL, redisUrl: REDIS_URL, logger }),
  stream: createUsageStream({ clientId: GROUP, databaseUrl: DATABASE_URL, kafkaBrokers: KAFKA_BROKERS, kafkaTopicPrefix: KAFKA_TOPIC_PREFIX, logger }),
});

const createApp = async (config: MeteringConfig, { counters, stream }: Engines, priceBook: PriceBook, { logger, metrics }: MeteringOptions): Promise<INestApplication> => {
  const module = MeteringModule.of({
    metering: { priceBook, surchargeBasisPoints: config.SURCHARGE_BASIS_POINTS, stream, counters, recent: new RecentEvents(), watch: metrics && new MeteringMetrics(metrics) },
    counters,
    stream,
    serviceCredential: config.SERVICE_CREDENTIAL,
  });
  const app = await NestFactory.create(module, { logger: new NestLogger(logger), abortOnError: false });
  app.connectMicroservice({ strategy: new UsageStreamServer({ stream, group: GROUP }) });
  await app.startAllMicroservices();
  return app;
};

const closeEngines = async ({ counters, stream }: Engines): Promise<void> => {
  await Promise.allSettled([stream.close(), counters.close()]);
};
