import cluster from 'node:cluster';
import { createLogger } from '@llm-proxy/platform-logging';
import { metricsFor, showMetrics } from '@llm-proxy/platform-telemetry';
import { readGatewayConfig, readGatewaySlot, workerCount, workerEnvironment } from './gateway.config.js';
import { startGateway } from './gateway.js';
import { onShutDownMessage, startGatewayWorkers } from './workers.js';

const config = readGatewayConfig();
const logger = createLogger('gateway', config.LOG_LEVEL);
const count = workerCount(config);
const { slot, slots } = readGatewaySlot();
const metrics = metricsFor(config, slot);

const running =
  count === 1
    ? await startGateway(config, { logger, slot, slots, metrics })
    : await startGatewayWorkers({ count, env: workerEnvironment(), drainTimeoutMs: config.DRAIN_TIMEOUT_MS, logger });
const operations = await showMetrics(config, metrics, logger);
logger.info({ port: config.PORT, workers: count }, 'gateway is ready');

let stopping = false;
const shutDown = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  logger.info('gateway is shutting down');
  await running.close();
  await operations?.close();
  process.exit(0);
};
if (cluster.isWorker) {
  // The terminal sends Ctrl-C to every process of the group; the primary decides when its workers end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  onShutDownMessage(() => void shutDown());
} else {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void shutDown());
}
