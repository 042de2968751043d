import { fork } from 'node:child_process';
import { once } from 'node:events';
import { nodeFlags } from '../../tools/workspace/node.mjs';

/**
 * @typedef {object} CpuAndMemory
 * @property {number} cpuUs user and system time of all threads since the start, in microseconds
 * @property {number} rssBytes
 * @property {number} maxRssBytes highest so far
 * @property {number} heapUsedBytes
 */

/**
 * @typedef {object} MeasuredProcess
 * @property {any} ready what the process told when it was ready
 * @property {(method: string, parameters?: unknown) => Promise<any>} call
 * @property {() => Promise<CpuAndMemory>} usage
 * @property {() => Promise<void>} stop
 */

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

// Whatever way the benchmark ends, nothing of it stays behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts one part of a benchmark in a process of its own, so that its CPU and memory are its own.
 * @param {URL} file a module that calls `answerParent`
 * @param {unknown} settings handed to the module
 * @param {string[]} [flags] of Node
 * @returns {Promise<MeasuredProcess>}
 */
export const startProcess = async (file, settings, flags = nodeFlags) => {
  const child = fork(file, { execArgv: [...flags, '--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  running.add(child);
  const exited = once(child, 'exit').then(() => void running.delete(child));
  const calls = callsOf(child, String(file));
  const ready = await withTimeout(calls.call('start', settings), READY_TIMEOUT_MS, `${file} was not ready in time`);
  const stop = async () => {
    if (!running.has(child)) return;
    await withTimeout(calls.call('stop'), STOP_TIMEOUT_MS, 'no answer').catch(() => child.kill('SIGKILL'));
    child.disconnect();
    await withTimeout(exited, STOP_TIMEOUT_MS, 'no exit').catch(() => child.kill('SIGKILL'));
  };
  return { ready, call: calls.call, usage: () => calls.call('usage'), stop };
};

/** Questions and answers over the process's message channel. */
const callsOf = (/** @type {import('node:child_process').ChildProcess} */ child, /** @type {string} */ name) => {
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const open = new Map();
  let last = 0;
  child.on('message', (/** @type {any} */ { id, result, error }) => {
    const waiting = open.get(id);
    open.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(`${name}: ${error}`));
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of open.values()) reject(new Error(`${name} ended (${signal ?? code})`));
    open.clear();
  });
  /** @type {MeasuredProcess['call']} */
  const call = (method, parameters) =>
    new Promise((resolve, reject) => {
      last += 1;
      open.set(last, { resolve, reject });
      child.send({ id: last, method, parameters });
    });
  return { call };
};

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {number} timeoutMs
 * @param {string} message
 * @returns {Promise<T>}
 */
const withTimeout = async (promise, timeoutMs, message) => {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(message)), timeoutMs)));
  try {
    return await Promise.race([promise, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
};
