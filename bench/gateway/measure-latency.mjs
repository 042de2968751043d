import { median } from '../report/statistics.mjs';
import { milliseconds, table } from '../report/table.mjs';
import { measureRound } from './measure-round.mjs';
import { chatRequest } from './set-up.mjs';
import { THINKING_HEADER } from './thinking-header.mjs';

const BYTES = 1_500;
const CASES = [
  { title: '1 connection', connections: 1, thinkingMs: 0 },
  { title: '32 connections', connections: 32, thinkingMs: 50 },
  { title: '32 connections, saturated', connections: 32, thinkingMs: 0 },
];
const TARGETS = /** @type {const} */ (['direct', 'bare', 'gateway']);

/**
 * What the relays add to the time of a call, in turns with calls that go to the provider itself.
 * @param {import('./set-up.mjs').Bench} bench
 * @param {import('./measure-cpu.mjs').Effort} effort
 */
export const measureLatency = async (bench, { rounds, roundMs }) => {
  const figures = [];
  for (const { title, connections, thinkingMs } of CASES) {
    /** @type {Record<string, { p50: number[], p99: number[] }>} */
    const seen = Object.fromEntries(TARGETS.map((target) => [target, { p50: [], p99: [] }]));
    for (let round = 0; round < rounds; round++) {
      for (const target of TARGETS) {
        const request = chatRequest(bench, target, { bytes: BYTES, headers: thinkingMs > 0 ? { [THINKING_HEADER]: String(thinkingMs) } : {} });
        const { latencyMs } = await latencyOf(bench, target, request, { connections, durationMs: roundMs });
        seen[target]?.p50.push(latencyMs.p50);
        seen[target]?.p99.push(latencyMs.p99);
      }
    }
    const of = (/** @type {string} */ target) => ({ p50: median(seen[target]?.p50 ?? []), p99: median(seen[target]?.p99 ?? []) });
    figures.push({ title, thinkingMs, direct: of('direct'), bare: of('bare'), gateway: of('gateway') });
  }
  return figures;
};

/**
 * @param {import('./set-up.mjs').Bench} bench
 * @param {import('./set-up.mjs').Target} target
 * @param {import('./load.mjs').LoadRequest} request
 * @param {{ connections: number, durationMs: number }} options
 * @returns {Promise<{ latencyMs: { p50: number, p99: number } }>}
 */
const latencyOf = (bench, target, request, options) =>
  target === 'direct' ? bench.load.call('run', { request, ...options }) : measureRound(bench, target, request, options);

/** @param {Awaited<ReturnType<typeof measureLatency>>} figures */
export const latencyTable = (figures) =>
  table(
    ['load', 'provider thinks', 'direct p50 / p99', 'bare relay adds', 'gateway adds', 'gateway over bare'],
    figures.map(({ title, thinkingMs, direct, bare, gateway }) => [
      title,
      `${thinkingMs} ms`,
      both(direct.p50, direct.p99),
      both(bare.p50 - direct.p50, bare.p99 - direct.p99),
      both(gateway.p50 - direct.p50, gateway.p99 - direct.p99),
      both(gateway.p50 - bare.p50, gateway.p99 - bare.p99),
    ]),
  );

const both = (/** @type {number} */ p50, /** @type {number} */ p99) => `${milliseconds(p50)} / ${milliseconds(p99)}`;
