import { mebibytes, table } from '../report/table.mjs';
import { measureRound } from './measure-round.mjs';
import { chatRequest } from './set-up.mjs';

const CONNECTIONS = 32;
const STEPS = 10;

/**
 * The gateway's memory over many requests; the events of each step are in Kafka before the next begins.
 * @param {import('./set-up.mjs').Bench} bench
 * @param {number} requests
 * @param {(text: string) => void} print
 */
export const measureMemory = async (bench, requests, print) => {
  const request = chatRequest(bench, 'gateway', { bytes: 1_500 });
  const steps = [];
  for (let step = 0; step <= STEPS; step++) {
    if (step > 0) await measureRound(bench, 'gateway', request, { connections: CONNECTIONS, count: requests / STEPS });
    const loaded = await bench.gateway.usage();
    await bench.gateway.call('collectGarbage');
    const { heapUsedBytes } = await bench.gateway.usage();
    steps.push({ requests: (requests / STEPS) * step, rssBytes: loaded.rssBytes, liveHeapBytes: heapUsedBytes, maxRssBytes: loaded.maxRssBytes });
    print(`  ${((requests / STEPS) * step).toFixed(0)} requests: ${mebibytes(loaded.rssBytes)} resident, ${mebibytes(heapUsedBytes)} of live heap`);
  }
  return steps;
};

/** @param {Awaited<ReturnType<typeof measureMemory>>} steps */
export const memoryTable = (steps) =>
  table(
    ['requests', 'resident', 'peak', 'live heap'],
    steps.map((step) => [step.requests.toFixed(0), mebibytes(step.rssBytes), mebibytes(step.maxRssBytes), mebibytes(step.liveHeapBytes)]),
  );
