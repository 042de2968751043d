import { createLogger } from '@llm-proxy/platform-logging';
import { metricsFor, showMetrics } from '@llm-proxy/platform-telemetry';
import { readMeteringConfig } from './metering.config.js';
import { startMetering } from './metering.js';

const config = readMeteringConfig();
const logger = createLogger('metering', config.LOG_LEVEL);
const metrics = metricsFor(config);
const running = await startMetering(config, { logger, metrics });
const operations = await showMetrics(config, metrics, logger);
logger.info({ url: running.url }, 'metering is ready');

const shutDown = async (): Promise<void> => {
  logger.info('metering is shutting down');
  await running.close();
  await operations?.close();
  process.exit(0);
};
// Npm and the terminal both send Ctrl-C; the second must not cut short what the first began, and closing twice is safe.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void shutDown());
