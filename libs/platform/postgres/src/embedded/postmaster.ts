import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { serverEnvironment } from './cluster-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';
import { commandOf } from './process-identity.js';
import type { ServerUser } from './server-user.js';

const FAST_SHUTDOWN_MS = 5_000;
/** The server itself ends stragglers after five seconds of immediate shutdown. */
const IMMEDIATE_SHUTDOWN_MS = 6_000;
const KILL_MS = 2_000;
const POLL_MS = 20;
/** A server that is starting fills its pid file at once after making it. */
const PID_FILE_FILLED_MS = 2_000;

/** The three ways to end a server, gentlest first: disconnect everybody; drop everything and recover at the next start; kill. */
const ENDINGS = [
  ['SIGINT', FAST_SHUTDOWN_MS],
  ['SIGQUIT', IMMEDIATE_SHUTDOWN_MS],
  ['SIGKILL', KILL_MS],
] as const;

const waitUntil = async (condition: () => boolean, timeoutMs: number): Promise<boolean> => {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
};

/** Ends the server, harder step by step. */
export const endPostmaster = async (signal: (name: NodeJS.Signals) => void, isGone: () => boolean): Promise<void> => {
  for (const [name, timeoutMs] of ENDINGS) {
    if (isGone()) return;
    signal(name);
    if (await waitUntil(isGone, timeoutMs)) return;
  }
  throw new EmbeddedPostgresError('PostgreSQL does not end, not even by SIGKILL.');
};

const pidFileOf = (data: string): string => path.join(data, 'postmaster.pid');

const readPidFile = (data: string): { pid: number; rest: string[] } | null => {
  try {
    const [first = '', ...rest] = readFileSync(pidFileOf(data), 'utf8').split('\n');
    return { pid: Number.parseInt(first, 10), rest };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

const isBeingWritten = (found: { pid: number } | null): boolean => found !== null && !(found.pid > 0);

/** Its command line names the data directory, because this launcher started it. */
const isPostmasterOf = (pid: number, data: string): boolean => {
  const command = commandOf(pid);
  return command !== null && command.includes('postgres') && `${command} `.includes(` -D ${data} `);
};

/**
 * Cleans up after a launcher that was killed: stops a server that still runs on this data directory, and keeps a left-over
 * `postmaster.pid` from blocking the start when its number belongs to another program by now.
 */
export const endLeftover = async (data: string): Promise<void> => {
  await waitUntil(() => !isBeingWritten(readPidFile(data)), PID_FILE_FILLED_MS);
  const found = readPidFile(data);
  if (found === null) return;
  // A crash in between left it unfinished. PostgreSQL refuses to start beside it, and there is nothing in it to check.
  if (isBeingWritten(found)) return rmSync(pidFileOf(data), { force: true });
  if (isPostmasterOf(found.pid, data)) {
    const { pid } = found;
    await endPostmaster((name) => process.kill(pid, name), () => !isPostmasterOf(pid, data));
    return;
  }
  // PostgreSQL takes its parent's pid in this file for stale. Removing the file instead would also switch off its check that
  // no backend of the old server is still attached to the shared memory named further down.
  writeFileSync(pidFileOf(data), [String(process.pid), ...found.rest].join('\n'));
};

export interface PostmasterOptions {
  executable: string;
  data: string;
  settings: Record<string, string | number>;
  logFile: string;
  user: ServerUser | null;
  /** Where the operating system can do it: shut down in good order when this process is killed. */
  endWithParent: boolean;
}

/** A program of Linux that asks the kernel for a signal at the parent's death, and then becomes the command. */
const AT_PARENTS_DEATH = ['setpriv', '--pdeathsig', 'INT'] as const;

const withGuard = (command: string[]): string[] => {
  const [guard, ...args] = AT_PARENTS_DEATH;
  const works = process.platform === 'linux' && spawnSync(guard, [...args, 'true']).status === 0;
  return works ? [guard, ...args, ...command] : command;
};

/** Starts the server in a process group of its own, so that Ctrl-C reaches it through `stop` only, after its clients. */
export const spawnPostmaster = (options: PostmasterOptions): ChildProcess => {
  const log = openSync(options.logFile, 'a', 0o600);
  const settings = Object.entries(options.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [options.executable, '-D', options.data, ...settings];
  const [file = '', ...args] = options.endWithParent ? withGuard(command) : command;
  try {
    return spawn(file, args, {
      ...options.user,
      cwd: options.data,
      env: serverEnvironment,
      stdio: ['ignore', log, log],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
};
