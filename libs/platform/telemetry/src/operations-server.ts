import cluster from 'node:cluster';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@llm-proxy/platform-logging';
import { type Metrics, createMetrics } from './metrics.js';
import { answerWithMetrics, gatherMetrics } from './worker-metrics.js';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface OperationsSettings {
  OPS_PORT?: number | undefined;
  OPS_HOST: string;
}

/**
 * The metrics of a process that is asked for them: undefined without OPS_PORT, so that nothing is measured.
 * @param slot of a worker process, as a label: its primary shows the metrics of all its workers together
 */
export const metricsFor = ({ OPS_PORT }: OperationsSettings, slot?: number): Metrics | undefined => {
  if (OPS_PORT === undefined) return undefined;
  return createMetrics(cluster.isWorker && slot !== undefined ? { worker: String(slot) } : {});
};

/** Shows the metrics: on OPS_PORT, or in a worker process to its primary. Null without metrics. */
export const showMetrics = async ({ OPS_PORT, OPS_HOST }: OperationsSettings, metrics: Metrics | undefined, logger: Logger): Promise<OperationsServer | null> => {
  if (metrics === undefined || OPS_PORT === undefined) return null;
  if (cluster.isWorker) {
    answerWithMetrics(metrics);
    return null;
  }
  const server = await startOperationsServer({ port: OPS_PORT, host: OPS_HOST, metricsText: () => gatherMetrics(metrics), logger });
  logger.info({ url: `${server.url}/metrics` }, 'metrics are shown');
  return server;
};

export interface OperationsServerOptions {
  port: number;
  host: string;
  /** Called for every scrape; what it rejects with is logged, and the scraper gets a 503. */
  metricsText: () => Promise<string>;
  logger: Logger;
}

export interface OperationsServer {
  url: string;
  close(): Promise<void>;
}

/**
 * `GET /metrics` on a port of its own, which is never the public one.
 * @throws when the port is taken
 */
export const startOperationsServer = async ({ port, host, metricsText, logger }: OperationsServerOptions): Promise<OperationsServer> => {
  const server = createServer((request, response) => {
    if (request.url?.split('?', 1)[0] !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) return answer(response, 404, 'There is only GET /metrics here.\n');
    metricsText().then(
      (text) => answer(response, 200, text),
      (error: unknown) => {
        logger.warn({ err: error }, 'metrics could not be gathered');
        answer(response, 503, 'The metrics could not be gathered.\n');
      },
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const { address, port: bound, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const answer = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'content-type': CONTENT_TYPE, 'content-length': Buffer.byteLength(text) });
  response.end(text);
};
