import { say, warn } from '../workspace/say.mjs';
import { findByUrl, variableOf } from './by-url.mjs';
import { findDocker, startInDocker } from './docker.mjs';
import { startOnMachine } from './on-machine.mjs';
import { createRunFolder, sweepKilledRuns } from './run-folder.mjs';

/** @typedef {'postgres' | 'redis' | 'kafka'} EngineName */
/** @typedef {{ address: string, how: string, stop: () => Promise<void> }} Engine `how` names what it is, for people */

const names = { postgres: 'PostgreSQL', redis: 'Redis', kafka: 'Kafka' };

/** @returns {Promise<Engine>} */
const bring = async (/** @type {EngineName} */ engine, /** @type {Promise<string | null>} */ docker, /** @type {string} */ folder) => {
  const given = await findByUrl(engine);
  if (given !== null) return given;
  const found = await docker;
  if (found !== null) {
    try {
      return await startInDocker(engine, found);
    } catch (error) {
      warn(`${names[engine]}: ${found} answers, but the container did not start (${/** @type {Error} */ (error).message}). Trying this machine.`);
    }
  }
  return startOnMachine(engine, folder);
};

/**
 * Engines for tests: each by its variable, else in Docker, else on this machine.
 * `bring` resolves when the engine is up, or is known to be out of reach.
 */
export const createEngines = () => {
  sweepKilledRuns();
  const runFolder = createRunFolder();
  const docker = findDocker();
  /** @type {Map<EngineName, Engine>} */
  const running = new Map();
  /** @type {Map<EngineName, string>} */
  const unavailable = new Map();
  /** @type {Promise<void>[]} */
  const starting = [];

  const start = async (/** @type {EngineName} */ engine) => {
    try {
      const brought = await bring(engine, docker, runFolder.folder);
      running.set(engine, brought);
      say(`${names[engine]}: ${brought.how}`);
    } catch (error) {
      unavailable.set(engine, `${names[engine]} could not be had: ${/** @type {Error} */ (error).message}`);
      warn(String(unavailable.get(engine)));
    }
  };

  return {
    /** @param {EngineName[]} engines */
    bring: async (...engines) => {
      const started = engines.map(start);
      starting.push(...started);
      await Promise.all(started);
    },

    /** Removed at the end, by the next run if need be. */
    folder: runFolder.folder,

    /** Reason for each engine that could not be had. */
    unavailable,

    /** What the specs find them by. */
    environment: () => ({
      ...Object.fromEntries([...running].map(([engine, { address }]) => [variableOf(engine), address])),
      TEST_ENGINES_UNAVAILABLE: [...unavailable.keys()].join(','),
    }),

    /** Stops all of them, those that are still starting too, and removes their data. */
    stop: async () => {
      await Promise.all(starting);
      const outcomes = await Promise.allSettled([...running.values()].map((engine) => engine.stop()));
      // Engines that specs started for themselves, and could not end.
      sweepKilledRuns();
      for (const outcome of outcomes) if (outcome.status === 'rejected') warn(`an engine did not stop: ${outcome.reason}`);
      runFolder.remove();
    },
  };
};
