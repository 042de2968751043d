import { createLogger } from '@llm-proxy/platform-logging';
import { metricsFor, showMetrics } from '@llm-proxy/platform-telemetry';
import { readAccountsApiConfig } from './accounts-api.config.js';
import { startAccountsApi } from './accounts-api.js';

const config = readAccountsApiConfig();
const logger = createLogger('accounts-api', config.LOG_LEVEL);
const metrics = metricsFor(config);
const running = await startAccountsApi(config, { logger, metrics });
const operations = await showMetrics(config, metrics, logger);

const shutDown = async (): Promise<void> => {
  logger.info('accounts-api is shutting down');
  await running.close();
  await operations?.close();
  process.exit(0);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void shutDown());
