import { measureRound, cpuOf } from '../gateway/measure-round.mjs';
import { chatRequest, setUp } from '../gateway/set-up.mjs';
import { startProcess } from '../processes/start-process.mjs';
import { median } from '../report/statistics.mjs';
import { heading, table } from '../report/table.mjs';
import { attackedProject, invalidCredentials } from './invalid-credentials.mjs';

const EFFORT = { usual: { rounds: 3, roundMs: 4_000 }, quick: { rounds: 1, roundMs: 2_000 } };
const WARM_UP_MS = 4_000;
const VALID_CONNECTIONS = 32;
const BYTES = 1_500;
const GOAL = 0.3;
/** How the attacker goes about it. */
const WAYS = [
  { title: '64 connections', connections: 64, ahead: 1 },
  { title: '64, each 16 ahead', connections: 64, ahead: 16 },
  { title: '2,000 connections', connections: 2_000, ahead: 1 },
];

/** @typedef {{ cpuUs: number, refusedPerSecond: number, questionsPerSecond: number }} Alone */
/** @typedef {{ perSecond: number, cpuUs: number, refusedPerSecond: number }} Together */

/**
 * @param {import('../gateway/set-up.mjs').Bench} bench
 * @param {import('../processes/start-process.mjs').MeasuredProcess} attacker
 */
const measuring = (bench, attacker) => {
  const port = Number(new URL(bench.gateway.ready.url).port);
  const project = attackedProject(bench);
  const valid = { request: chatRequest(bench, 'gateway', { bytes: BYTES }), connections: VALID_CONNECTIONS };
  const flood = async (/** @type {object} */ how) => {
    const result = await attacker.call('run', { port, project, ...how });
    if (result.refused !== result.answered) throw new Error(`of ${result.answered} invalid credentials ${result.refused} were refused`);
    return result;
  };
  /** @returns {Promise<Alone>} */
  const alone = async (/** @type {object} */ how) => {
    const [questions, before] = [await bench.accounts.call('questions'), await bench.gateway.usage()];
    const { refused, durationMs } = await flood(how);
    const [asked, after] = [(await bench.accounts.call('questions')) - questions, await bench.gateway.usage()];
    return { cpuUs: (after.cpuUs - before.cpuUs) / refused, refusedPerSecond: (refused / durationMs) * 1_000, questionsPerSecond: (asked / durationMs) * 1_000 };
  };
  const without = (/** @type {number} */ durationMs) => measureRound(bench, 'gateway', valid.request, { connections: VALID_CONNECTIONS, durationMs });
  /** @returns {Promise<Together>} */
  const together = async (/** @type {{ durationMs: number }} */ how) => {
    let refusedPerSecond = 0;
    const { gateway } = await cpuOf(bench, /** @type {const} */ (['gateway']), async () => {
      const [load, attack] = await Promise.all([bench.load.call('run', { ...valid, durationMs: how.durationMs }), flood(how)]);
      refusedPerSecond = (attack.refused / attack.durationMs) * 1_000;
      return [load];
    });
    return { perSecond: gateway.perSecond, cpuUs: gateway.cpuUs, refusedPerSecond };
  };
  return { alone, without, together };
};

/**
 * @param {ReturnType<typeof measuring>} measure
 * @param {{ rounds: number, roundMs: number }} effort
 * @param {{ kind: string, connections: number, ahead: number }} attack
 */
const measureKind = async (measure, { rounds, roundMs }, attack) => {
  const how = { ...attack, durationMs: roundMs };
  /** @type {{ alone: Alone, without: import('../gateway/measure-round.mjs').Round, together: Together }[]} */
  const seen = [];
  for (let round = 0; round < rounds; round++) {
    seen.push({ alone: await measure.alone(how), without: await measure.without(roundMs), together: await measure.together(how) });
  }
  const of = (/** @type {(round: typeof seen[number]) => number} */ figure) => median(seen.map(figure));
  return {
    refusalCpuUs: of(({ alone }) => alone.cpuUs),
    refusedPerSecond: of(({ alone }) => alone.refusedPerSecond),
    questionsPerSecond: of(({ alone }) => alone.questionsPerSecond),
    refusedBesideValidPerSecond: of(({ together }) => together.refusedPerSecond),
    validPerSecond: { without: of(({ without }) => without.perSecond), with: of(({ together }) => together.perSecond) },
    validCpuUs: { without: of(({ without }) => without.cpuUs), with: of(({ together }) => together.cpuUs) },
    coreShare: of(({ without, together }) => ((together.cpuUs - without.cpuUs) * together.perSecond) / 1e6),
    taken: of(({ without, together }) => 1 - without.cpuUs / together.cpuUs),
  };
};

/** @param {{ title: string, figures: Awaited<ReturnType<typeof measureKind>> }[]} rows */
const floodTable = (rows) =>
  table(
    ['flood', 'refused alone, 1/s', 'CPU a refusal, µs', 'questions to accounts-api, 1/s', 'refused beside valid calls, 1/s', 'valid calls, 1/s', 'CPU a valid call, µs', 'of a core', 'taken', 'goal'],
    rows.map(({ title, figures }) => [
      title,
      figures.refusedPerSecond.toFixed(0),
      figures.refusalCpuUs.toFixed(0),
      figures.questionsPerSecond.toFixed(1),
      figures.refusedBesideValidPerSecond.toFixed(0),
      `${figures.validPerSecond.without.toFixed(0)} → ${figures.validPerSecond.with.toFixed(0)}`,
      `${figures.validCpuUs.without.toFixed(0)} → ${figures.validCpuUs.with.toFixed(0)}`,
      `${(figures.coreShare * 100).toFixed(0)} %`,
      `${(figures.taken * 100).toFixed(0)} %`,
      `≤ ${GOAL * 100} %`,
    ]),
  );

/**
 * Invalid credentials, each another one, beside valid calls.
 * @param {import('../main.mjs').RunOptions} options
 */
export const runFlood = async ({ quick, engines, print }) => {
  const effort = quick ? EFFORT.quick : EFFORT.usual;
  const bench = await setUp(await engines.kafkaBrokers());
  const attacker = await startProcess(new URL('attacker.mjs', import.meta.url), {});
  try {
    const measure = measuring(bench, attacker);
    await measure.without(WARM_UP_MS);
    const [usual] = WAYS;
    const kinds = [];
    print(heading(`Every kind of invalid credential, from ${usual?.title} that each wait for their answer`));
    for (const kind of Object.keys(invalidCredentials)) {
      kinds.push({ title: kind, figures: await measureKind(measure, effort, { kind, connections: usual?.connections ?? 0, ahead: usual?.ahead ?? 0 }) });
    }
    print(floodTable(kinds));
    print(heading('A known key with wrong secrets, from attackers who do not wait'));
    const ways = [];
    for (const { title, ...way } of WAYS) ways.push({ title, figures: await measureKind(measure, effort, { kind: 'known key, wrong secret', ...way }) });
    print(floodTable(ways));
    print("\n'taken': share of the gateway's CPU that the flood took from valid calls; 'of a core': the same as CPU time a second. The attacker's own CPU is in neither.");
    return { kinds, ways };
  } finally {
    await attacker.stop();
    await bench.stop();
  }
};
