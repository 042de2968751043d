import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isMarkAlive, ownMark } from './process-mark.mjs';
import { say } from './say.mjs';

const POLL_MS = 200;
/** Longer than anybody takes between creating the file and writing into it. */
const UNWRITTEN_MS = 5_000;

const take = (/** @type {string} */ file) => {
  try {
    writeFileSync(file, ownMark(), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return false;
  }
};

/** Empty when the lock is gone, or is just being written. */
const holder = (/** @type {string} */ file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const isStale = (/** @type {string} */ file, /** @type {string} */ mark) => {
  if (mark !== '') return !isMarkAlive(mark);
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && Date.now() - made > UNWRITTEN_MS;
};

/**
 * Runs `work` while no other process does the same; waits for that one otherwise. A lock whose process is gone does not count.
 * @template T
 * @param {string} file
 * @param {string} what shown while waiting
 * @param {() => Promise<T>} work
 */
export const withLock = async (file, what, work) => {
  mkdirSync(path.dirname(file), { recursive: true });
  for (let waited = false; !take(file); waited = true) {
    const mark = holder(file);
    if (isStale(file, mark)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!waited) say(`waiting for process ${mark.split(' ')[0]}: ${what}`);
    await pause(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
};
