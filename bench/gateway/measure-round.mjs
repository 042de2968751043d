/**
 * @typedef {object} Round
 * @property {number} cpuUs per request: all threads of the relay's process, user and system
 * @property {number} perSecond
 * @property {number} requests
 * @property {{ p50: number, p99: number }} latencyMs
 */

/** @typedef {'bare' | 'plain' | 'gateway'} Relay */

/**
 * Loads the relays and takes their CPU until the last usage event of every request is in Kafka. A round that broke a request or lost an
 * event is no figure, but an error.
 * @template {Relay} Target
 * @param {import('./set-up.mjs').Bench} bench
 * @param {readonly Target[]} relays
 * @param {() => Promise<import('./load.mjs').LoadResult[]>} load one result for each relay, in their order
 * @param {number} [expectStatus] of every answer
 * @returns {Promise<Record<Target, Round>>}
 */
export const cpuOf = async (bench, relays, load, expectStatus = 200) => {
  const eventsBefore = await bench.events.count();
  const before = await Promise.all(relays.map((relay) => bench[relay].usage()));
  const results = await load();
  const due = results.reduce((sum, { requests }, index) => sum + (relays[index] === 'gateway' && expectStatus === 200 ? requests : 0), 0);
  const events = (await bench.events.waitFor(eventsBefore + due)) - eventsBefore;
  const after = await Promise.all(relays.map((relay) => bench[relay].usage()));
  if (events !== due) throw new Error(`${due} usage events were due and ${events} are in Kafka`);
  const rounds = results.map(({ requests, failed, statuses, durationMs, latencyMs }, index) => {
    if (failed > 0 || statuses[expectStatus] !== requests) {
      throw new Error(`${relays[index]}: ${failed} of ${requests} requests broke, statuses ${JSON.stringify(statuses)} (expected ${expectStatus})`);
    }
    const cpuUs = ((after[index]?.cpuUs ?? NaN) - (before[index]?.cpuUs ?? NaN)) / requests;
    return [relays[index], { cpuUs, perSecond: (requests / durationMs) * 1_000, requests, latencyMs }];
  });
  return Object.fromEntries(rounds);
};

/**
 * Loads one relay.
 * @param {import('./set-up.mjs').Bench} bench
 * @param {Relay} target
 * @param {import('./load.mjs').LoadRequest} request
 * @param {{ connections: number, durationMs?: number, count?: number, perSecond?: number, expectStatus?: number }} options
 * @returns {Promise<Round>}
 */
export const measureRound = async (bench, target, request, { expectStatus = 200, ...options }) => {
  const rounds = await cpuOf(bench, [target], async () => [await bench.load.call('run', { request, ...options })], expectStatus);
  return rounds[target];
};
