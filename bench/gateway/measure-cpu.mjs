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
/** The gateway, and what it is held against. */
const RELAYS = /** @type {const} */ (['plain', 'bare', 'gateway']);

/** @typedef {import('./measure-round.mjs').Relay} Relay */
/** @typedef {Record<Relay, import('./measure-round.mjs').Round>} Rounds */

/**
 * As many requests as each relay can take, in turns: what else the machine does hits all of them.
 * @param {import('./set-up.mjs').Bench} bench
 * @param {Effort} effort
 */
export const measureSaturated = (bench, effort) =>
  eachBodySize(bench, effort, async (bytes) => {
    const round = (/** @type {Relay} */ target) =>
      measureRound(bench, target, chatRequest(bench, target, { bytes }), { connections: SATURATING_CONNECTIONS, durationMs: effort.roundMs });
    return { plain: await round('plain'), bare: await round('bare'), gateway: await round('gateway') };
  });

/**
 * The same moderate rate for all, at the same time, from a provider that thinks: the machine has time to spare, caches are cold between
 * requests, and all relays meet the same disturbances.
 * @param {import('./set-up.mjs').Bench} bench
 * @param {Effort} effort
 */
export const measureSteady = (bench, effort) =>
  eachBodySize(bench, effort, (bytes, perSecond) => {
    const request = (/** @type {Relay} */ target) => chatRequest(bench, target, { bytes, headers: { [THINKING_HEADER]: String(THINKING_MS) } });
    const options = { connections: STEADY_CONNECTIONS, durationMs: effort.roundMs, perSecond: perSecond / 2 };
    return cpuOf(bench, RELAYS, () => Promise.all(RELAYS.map((target) => bench.load.call('run', { request: request(target), ...options }))));
  });

/**
 * @param {import('./set-up.mjs').Bench} bench
 * @param {Effort} effort
 * @param {(bytes: number, perSecond: number) => Promise<Rounds>} measureAll
 */
const eachBodySize = async (bench, { rounds }, measureAll) => {
  const figures = [];
  for (const { title, bytes, goal, perSecond } of BODY_SIZES) {
    for (const target of RELAYS) {
      await measureRound(bench, target, chatRequest(bench, target, { bytes }), { connections: SATURATING_CONNECTIONS, durationMs: WARM_UP_MS });
    }
    /** @type {Rounds[]} */
    const measured = [];
    for (let number = 0; number < rounds; number++) measured.push(await measureAll(bytes, perSecond));
    const cpuOfRelay = (/** @type {Relay} */ relay) => spread(measured.map((round) => round[relay].cpuUs));
    const ratioTo = (/** @type {Relay} */ relay) => spread(measured.map((round) => round.gateway.cpuUs / round[relay].cpuUs));
    figures.push({
      body: title,
      goal,
      cpuUs: { plain: cpuOfRelay('plain'), bare: cpuOfRelay('bare'), gateway: cpuOfRelay('gateway') },
      ratio: { plain: ratioTo('plain'), bare: ratioTo('bare') },
      perSecond: Object.fromEntries(RELAYS.map((relay) => [relay, spread(measured.map((round) => round[relay].perSecond))])),
    });
  }
  return figures;
};

/** @param {Awaited<ReturnType<typeof eachBodySize>>} figures */
export const cpuTable = (figures) =>
  table(
    ['request body', 'plain relay, µs', 'bare relay, µs', 'gateway, µs', 'to plain', 'goal', 'to bare', 'per second'],
    figures.map((row) => [
      row.body,
      withSpread(row.cpuUs.plain),
      withSpread(row.cpuUs.bare),
      withSpread(row.cpuUs.gateway),
      withSpread(row.ratio.plain, 2),
      `≤ ${row.goal}`,
      withSpread(row.ratio.bare, 2),
      RELAYS.map((relay) => row.perSecond[relay]?.median.toFixed(0)).join(', '),
    ]),
  );
