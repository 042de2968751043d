import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client';
import type { Metrics } from './metrics.js';

type MetricsJson = MetricObjectWithValues<MetricValue<string>>[];

interface Question {
  metricsWanted: number;
}

interface Answer {
  metricsWanted: number;
  metrics: MetricsJson;
}

const TIMEOUT_MS = 3_000;
let questions = 0;

/** In a worker: shows its metrics to the primary when it asks. */
export const answerWithMetrics = (metrics: Metrics): void => {
  process.on('message', (message: Partial<Question>) => {
    const { metricsWanted } = message;
    if (metricsWanted === undefined) return;
    // A primary that is gone does not want them any more.
    void metrics.getMetricsAsJSON().then((json) => process.connected && process.send?.({ metricsWanted, metrics: json }));
  });
};

/**
 * In the primary: its own metrics and those of every worker, as text. Workers carry a label of their own, so that the counters of one
 * that was started anew begin at zero without the sum going down.
 * @throws when a worker does not answer in time: half of the counters would look like a reset of the other half
 */
export const gatherMetrics = async (own: Metrics): Promise<string> => {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true) as Worker[];
  const all = await Promise.all([own.getMetricsAsJSON() as Promise<MetricsJson>, ...workers.map(askWorker)]);
  return AggregatorRegistry.aggregate(all.map(withEveryMetric)).metrics();
};

/** Aggregating by the worker's label changes nothing, but it would drop what prom-client does not sum. */
const withEveryMetric = (metrics: MetricsJson): MetricsJson => metrics.map((metric) => ({ ...metric, aggregator: 'sum' as const }));

const askWorker = (worker: Worker): Promise<MetricsJson> =>
  new Promise((resolve, reject) => {
    questions += 1;
    const metricsWanted = questions;
    const done = (): void => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      worker.off('exit', onExit);
    };
    const onMessage = (message: Partial<Answer>): void => {
      if (message.metricsWanted !== metricsWanted) return;
      done();
      resolve(message.metrics ?? []);
    };
    const onExit = (): void => {
      done();
      resolve([]);
    };
    const timer = setTimeout(() => {
      done();
      reject(new Error(`worker ${worker.id} did not show its metrics in time`));
    }, TIMEOUT_MS);
    worker.on('message', onMessage);
    worker.on('exit', onExit);
    worker.send({ metricsWanted } satisfies Question);
  });
