import { Registry, collectDefaultMetrics } from 'prom-client';

export { Counter, Gauge, Histogram } from 'prom-client';

/** The metrics of one process. */
export type Metrics = Registry;

/**
 * A registry with the process metrics in it.
 * @param labels on every series, to tell processes apart that are shown together
 */
export const createMetrics = (labels: Record<string, string> = {}): Metrics => {
  const metrics = new Registry();
  metrics.setDefaultLabels(labels);
  collectDefaultMetrics({ register: metrics });
  return metrics;
};
