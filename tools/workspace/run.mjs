import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { childEnvironment } from './node.mjs';
import { root } from './root.mjs';

/** How long a command may take to end in good order. */
const END_TIMEOUT_MS = 10_000;

/** Ends the command with all the processes it has started. */
const endGroup = (/** @type {import('node:child_process').ChildProcess} */ child) => {
  const send = (/** @type {NodeJS.Signals} */ signal) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // Already gone.
    }
  };
  send('SIGTERM');
  const timer = setTimeout(send, END_TIMEOUT_MS, 'SIGKILL');
  child.once('close', () => clearTimeout(timer));
};

/**
 * `quiet` keeps the output for the answer; `signal` ends the command early.
 * @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, signal?: AbortSignal }} RunOptions
 */

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>} 128 and more for an end by signal, as shells count it; 127 when there is no such command
 */
export const run = async (command, args, options = {}) => {
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: childEnvironment(options.env),
    stdio: options.quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    detached: options.signal !== undefined,
  });
  const end = () => endGroup(child);
  options.signal?.addEventListener('abort', end, { once: true });
  if (options.signal?.aborted) end();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  try {
    const [code, signal] = await once(child, 'close');
    return { code: code ?? 128 + (signal === 'SIGINT' ? 2 : 15), output };
  } catch (error) {
    return { code: 127, output: String(error) };
  } finally {
    options.signal?.removeEventListener('abort', end);
  }
};
