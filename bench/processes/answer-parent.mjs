import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import path from 'node:path';

/**
 * Makes this process one that `startProcess` can start, measure, profile and stop.
 * @param {Record<string, (parameters: any) => unknown>} methods `start` gets the settings; `stop` is optional
 */
export const answerParent = (methods) => {
  const all = { stop: () => undefined, usage: readUsage, collectGarbage: () => globalThis.gc?.(), startProfile, stopProfile, ...methods };
  process.on('message', async (/** @type {any} */ { id, method, parameters }) => {
    try {
      const result = await all[/** @type {keyof typeof all} */ (method)](parameters);
      process.send?.({ id, result });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on('disconnect', () => process.exit(0));
  // The terminal's Ctrl-C reaches the whole group; the parent decides.
  process.on('SIGINT', () => undefined);
};

/** @returns {import('./start-process.mjs').CpuAndMemory} */
const readUsage = () => {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return { cpuUs: user + system, rssBytes: rss, maxRssBytes: process.resourceUsage().maxRSS * 1024, heapUsedBytes: heapUsed };
};

/** @type {Session | undefined} */
let session;

const SAMPLE_EVERY_US = 200;

const startProfile = async () => {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
  await session.post('Profiler.start');
};

/** @param {string} file where the profile goes; Chrome's developer tools and VS Code open it */
const stopProfile = async (file) => {
  const { profile } = await /** @type {Session} */ (session).post('Profiler.stop');
  session?.disconnect();
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(profile));
};
