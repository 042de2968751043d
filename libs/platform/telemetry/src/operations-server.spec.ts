import { afterEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '@llm-proxy/platform-logging';
import { Counter } from './metrics.js';
import { type OperationsServer, metricsFor, showMetrics, startOperationsServer } from './operations-server.js';

const logger = createLogger('spec', 'silent');
const running: OperationsServer[] = [];
const kept = <Server extends OperationsServer | null>(server: Server): Server => {
  if (server !== null) running.push(server);
  return server;
};
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

test('without a port there are no metrics and no server', async () => {
  const settings = { OPS_HOST: '127.0.0.1' };
  expect(metricsFor(settings)).toBeUndefined();
  expect(await showMetrics(settings, undefined, logger)).toBeNull();
});

describe('with a port', () => {
  test('metrics of the process and our own are shown as Prometheus reads them', async () => {
    const settings = { OPS_PORT: 0, OPS_HOST: '127.0.0.1' };
    const metrics = metricsFor(settings)!;
    new Counter({ name: 'seen_total', help: 'Seen.', labelNames: ['what'], registers: [metrics] }).labels('it').inc(3);
    const server = kept(await showMetrics(settings, metrics, logger))!;
    const response = await fetch(`${server.url}/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toContain('# TYPE seen_total counter\nseen_total{what="it"} 3\n');
    expect(text).toMatch(/^process_cpu_seconds_total \d/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds \d/m);
  });

  test('anything else is not there', async () => {
    const server = kept(await startOperationsServer({ port: 0, host: '127.0.0.1', metricsText: async () => '', logger }));
    expect((await fetch(`${server.url}/`)).status).toBe(404);
    expect((await fetch(`${server.url}/metrics`, { method: 'POST' })).status).toBe(404);
  });

  test('metrics that cannot be gathered are a 503, so that the scrape counts as failed', async () => {
    const server = kept(await startOperationsServer({ port: 0, host: '127.0.0.1', metricsText: () => Promise.reject(new Error('a worker hangs')), logger }));
    const response = await fetch(`${server.url}/metrics`);
    expect([response.status, await response.text()]).toEqual([503, 'The metrics could not be gathered.\n']);
  });

  test('a port that is taken ends the start', async () => {
    const server = kept(await startOperationsServer({ port: 0, host: '127.0.0.1', metricsText: async () => '', logger }));
    const port = Number(new URL(server.url).port);
    await expect(startOperationsServer({ port, host: '127.0.0.1', metricsText: async () => '', logger })).rejects.toThrow('EADDRINUSE');
  });
});
