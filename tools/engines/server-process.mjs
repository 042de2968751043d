import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;
const LOG_TAIL = 3_000;

/** @type {boolean | undefined} */
let linuxGuard;

/** On Linux a server ends together with the process that started it, even when that one is killed outright. */
const guarded = (/** @type {string[]} */ command) => {
  linuxGuard ??= process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
  return linuxGuard ? ['setpriv', '--pdeathsig', 'KILL', ...command] : command;
};

/**
 * @typedef {object} ServerProcess
 * @property {number} pid
 * @property {() => boolean} hasEnded
 * @property {(signal: NodeJS.Signals) => void} signal
 * @property {(gentle: NodeJS.Signals, timeoutMs: number) => Promise<void>} end gentle first, SIGKILL after the timeout
 * @property {(check: () => Promise<boolean>, timeoutMs: number) => Promise<void>} ready polls; rejects with the end of the log
 */

/**
 * Starts a server with its output in a file.
 * @param {string[]} command
 * @param {string} logFile
 * @returns {ServerProcess}
 */
export const startServer = (command, logFile) => {
  const [file = '', ...args] = guarded(command);
  const log = openSync(logFile, 'a');
  // A process group of its own keeps it out of the terminal's Ctrl-C: it is stopped after its clients.
  const child = spawn(file, args, { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  /** @type {Error | undefined} */
  let failure;
  child.on('error', (error) => (failure = error));
  const hasEnded = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  const exited = once(child, 'exit').catch(() => undefined);
  // Should this process end without stopping it.
  const killWithUs = () => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  void exited.then(() => process.removeListener('exit', killWithUs));

  const failed = (/** @type {string} */ why) =>
    new Error(`${command[0]} ${why}${failure ? `: ${failure.message}` : ''}. Its log ends with:\n${readFileSync(logFile, 'utf8').slice(-LOG_TAIL)}`);

  return {
    pid: child.pid ?? 0,
    hasEnded,
    signal: (signal) => void child.kill(signal),
    end: async (gentle, timeoutMs) => {
      if (hasEnded()) return;
      // A stopped process would sleep through the other signal.
      child.kill('SIGCONT');
      child.kill(gentle);
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      await exited;
      clearTimeout(timer);
    },
    ready: async (check, timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      while (!(await check().catch(() => false))) {
        if (hasEnded()) throw failed('ended while starting');
        if (Date.now() > deadline) throw failed(`was not ready within ${timeoutMs / 1_000} s`);
        await pause(POLL_MS);
      }
    },
  };
};
