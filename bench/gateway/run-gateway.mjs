import { heading } from '../report/table.mjs';
import { cpuTable, measureSaturated, measureSteady } from './measure-cpu.mjs';
import { latencyTable, measureLatency } from './measure-latency.mjs';
import { measureMemory, memoryTable } from './measure-memory.mjs';
import { measureRefusals, refusalTable } from './measure-refusals.mjs';
import { profileRelays } from './profile.mjs';
import { setUp } from './set-up.mjs';

const EFFORT = { usual: { rounds: 5, roundMs: 5_000 }, quick: { rounds: 3, roundMs: 1_500 } };
const REQUESTS = { usual: 100_000, quick: 20_000, long: 1_000_000 };
const PROFILE_MS = 5_000;

/**
 * The gateway against a bare relay.
 * @param {import('../main.mjs').RunOptions} options
 */
export const runGateway = async ({ quick, long, profile, engines, print }) => {
  const bench = await setUp(await engines.kafkaBrokers());
  try {
    if (profile !== undefined) {
      await profileRelays(bench, { folder: profile, durationMs: PROFILE_MS, print });
      return { profile };
    }
    const effort = quick ? EFFORT.quick : EFFORT.usual;
    print(heading('CPU per request, saturated: 32 connections, each as fast as it can; median (lowest–highest) of the rounds'));
    const saturated = await measureSaturated(bench, effort);
    print(cpuTable(saturated));
    print(heading('CPU per request, steady: the same moderate rate for both relays at the same time, provider thinks 30 ms'));
    const steady = await measureSteady(bench, effort);
    print(cpuTable(steady));
    print(heading('Added latency, p50 / p99'));
    const latency = await measureLatency(bench, effort);
    print(latencyTable(latency));
    print(heading('CPU per refused call'));
    const refusals = await measureRefusals(bench, effort);
    print(refusalTable(refusals));
    const requests = long ? REQUESTS.long : quick ? REQUESTS.quick : REQUESTS.usual;
    print(heading(`Memory over ${requests} requests`));
    const memory = await measureMemory(bench, requests, print);
    print(memoryTable(memory));
    return { saturated, steady, latency, refusals, memory };
  } finally {
    await bench.stop();
  }
};
