import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { childEnvironment } from './node.mjs';
import { root } from './root.mjs';

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
/** One press of Ctrl-C arrives twice: from the terminal, and from npm. */
const SAME_PRESS_MS = 1_000;
const STARTERS_POLL_MS = 500;

/** On Linux a child can ask to be ended together with its parent, so that a killed tool leaves no service behind. */
const endingWithParent = (/** @type {string[]} */ command) => {
  const guard = ['setpriv', '--pdeathsig', 'TERM'];
  const works = process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true']).status === 0;
  return works ? [...guard, ...command] : command;
};

const parentOf = (/** @type {number} */ pid) => {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
};

/** npm runs a script in a shell, which may or may not stay between the two; the process before a shell is npm either way. */
const starters = () => {
  const parent = process.ppid;
  const grandparent = parentOf(parent);
  const throughShell = grandparent !== undefined && /^(sh|dash|bash)$/m.test(readFileSync(`/proc/${parent}/comm`, 'utf8'));
  return throughShell ? `${parent} ${grandparent}` : `${parent}`;
};

/** Calls `orphaned` when npm, which started us, was killed: nobody could stop us from the terminal any more. */
const watchStarters = (/** @type {() => void} */ orphaned) => {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const before = starters();
  const timer = setInterval(() => {
    if (starters() === before) return;
    clearInterval(timer);
    orphaned();
  }, STARTERS_POLL_MS);
  timer.unref();
};

/**
 * Runs a command as if this process were it: its output, its exit code, and each signal once.
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<number>} exit code; 128 and more for an end by signal
 */
export const runInForeground = async (command, args) => {
  const [file = command, ...rest] = endingWithParent([command, ...args]);
  // In a process group of its own, the terminal's Ctrl-C does not reach it beside ours.
  const child = spawn(file, rest, { cwd: root, env: childEnvironment(), stdio: 'inherit', detached: true });
  let lastMs = -Infinity;
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < SAME_PRESS_MS) return;
    lastMs = nowMs;
    child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  watchStarters(() => forward('SIGTERM'));
  const [code, signal] = await once(child, 'exit');
  return code ?? 128 + (constants.signals[/** @type {NodeJS.Signals} */ (signal)] ?? 0);
};
