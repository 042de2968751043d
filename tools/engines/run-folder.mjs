import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isMarkAlive, ownMark } from '../workspace/process-mark.mjs';

const PREFIX = 'llm-proxy-engines-';
const OWNER = 'owner';

/** Processes that name the folder on their command line: the servers that were started in it. Linux only. */
const processesIn = (/** @type {string} */ folder) =>
  (existsSync('/proc/self/cmdline') ? readdirSync('/proc') : [])
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/`);
      } catch {
        return false;
      }
    })
    .map(Number);

const removeRunFolder = (/** @type {string} */ folder) => {
  for (const pid of processesIn(folder)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
};

/** Ends servers and removes data of runs that were killed before they could clean up. */
export const sweepKilledRuns = () => {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = path.join(tmpdir(), name);
    const owner = path.join(folder, OWNER);
    if (existsSync(owner) && !isMarkAlive(readFileSync(owner, 'utf8'))) removeRunFolder(folder);
  }
};

/** A folder for the engines of this run, and what removes it. */
export const createRunFolder = () => {
  const folder = mkdtempSync(path.join(tmpdir(), PREFIX));
  // Started by root, PostgreSQL runs as another user and has to pass here.
  chmodSync(folder, 0o711);
  writeFileSync(path.join(folder, OWNER), ownMark());
  return { folder, remove: () => removeRunFolder(folder) };
};
