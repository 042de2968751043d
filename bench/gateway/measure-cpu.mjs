import { spread } from '../report/statistics.mjs';
import { table, withSpread } from '../report/table.mjs';
import { cpuOf, measureRound } from './measure-round.mjs';
import { chatRequest } from './set-up.mjs';
import { THINKING_HEADER } from './thinking-header.mjs';

export const BODY_SIZES = [
  { title: '1.5 KB', bytes: 1_500, goal: 1.5, perSecond: 1_000 },
  { title: '60 KB', bytes: 60_000, goal: 1.3, perSecond: 500 },
];
const SATURATING_CONNECTIONS = 32;
/** More than ever are open at once under steady load. */
export const STEADY_CONNECTIONS = 512;
export const THINKING_MS = 30;
/** Until the compiler has done its work. */
const WARM_UP_MS = 4_000;

/** @typedef {{ rounds: number, roundMs: number }} Effort */
/** @typedef {{ bareUs: number, gatewayUs: number, barePerSecond: number, gatewayPerSecond: number }} Pair */

/**
 * As many requests as each relay can take, in turns: what else the machine does hits both.
 * @param {import('./set-up.mjs').Bench} bench
 * @param {Effort} effort
 */
export const measureSaturated = (bench, effort) =>
  eachBodySize(bench, effort, async (bytes) => {
    const round = (/** @type {'bare' | 'gateway'} */ target) =>
      measureRound(bench, target, chatRequest(bench, target, { bytes }), { connections: SATURATING_CONNECTIONS, durationMs: effort.roundMs });
    const [bare, gateway] = [await round('bare'), await round('gateway')];
    return { bareUs: bare.cpuUs, gatewayUs: gateway.cpuUs, barePerSecond: bare.perSecond, gatewayPerSecond: gateway.perSecond };
  });

/**
 * The same moderate rate for both, at the same time, from a provider that thinks: the machine has time to spare, caches are cold between
 * requests, and both relays meet the same disturbances.
 * @param {import('./set-up.mjs').Bench} bench
 * @param {Effort} effort
 */
export const measureSteady = (bench, effort) =>
  eachBodySize(bench, effort, async (bytes, perSecond) => {
    const request = (/** @type {'bare' | 'gateway'} */ target) => chatRequest(bench, target, { bytes, headers: { [THINKING_HEADER]: String(THINKING_MS) } });
    const options = { connections: STEADY_CONNECTIONS, durationMs: effort.roundMs, perSecond: perSecond / 2 };
    const { bare, gateway } = await cpuOf(bench, /** @type {const} */ (['bare', 'gateway']), () =>
      Promise.all([bench.load.call('run', { request: request('bare'), ...options }), bench.load.call('run', { request: request('gateway'), ...options })]),
    );
    return { bareUs: bare.cpuUs, gatewayUs: gateway.cpuUs, barePerSecond: bare.perSecond, gatewayPerSecond: gateway.perSecond };
  });

/**
 * @param {import('./set-up.mjs').Bench} bench
 * @param {Effort} effort
 * @param {(bytes: number, perSecond: number) => Promise<Pair>} measurePair
 */
const eachBodySize = async (bench, { rounds }, measurePair) => {
  const figures = [];
  for (const { title, bytes, goal, perSecond } of BODY_SIZES) {
    for (const target of /** @type {const} */ (['bare', 'gateway'])) {
      await measureRound(bench, target, chatRequest(bench, target, { bytes }), { connections: SATURATING_CONNECTIONS, durationMs: WARM_UP_MS });
    }
    /** @type {Pair[]} */
    const pairs = [];
    for (let number = 0; number < rounds; number++) pairs.push(await measurePair(bytes, perSecond));
    figures.push({
      body: title,
      goal,
      bareUs: spread(pairs.map(({ bareUs }) => bareUs)),
      gatewayUs: spread(pairs.map(({ gatewayUs }) => gatewayUs)),
      ratio: spread(pairs.map(({ bareUs, gatewayUs }) => gatewayUs / bareUs)),
      barePerSecond: spread(pairs.map(({ barePerSecond }) => barePerSecond)),
      gatewayPerSecond: spread(pairs.map(({ gatewayPerSecond }) => gatewayPerSecond)),
    });
  }
  return figures;
};

/** @param {Awaited<ReturnType<typeof eachBodySize>>} figures */
export const cpuTable = (figures) =>
  table(
    ['request body', 'bare relay, µs', 'gateway, µs', 'ratio', 'goal', 'bare, 1/s', 'gateway, 1/s'],
    figures.map((row) => [
      row.body,
      withSpread(row.bareUs),
      withSpread(row.gatewayUs),
      withSpread(row.ratio, 2),
      `≤ ${row.goal}`,
      row.barePerSecond.median.toFixed(0),
      row.gatewayPerSecond.median.toFixed(0),
    ]),
  );
