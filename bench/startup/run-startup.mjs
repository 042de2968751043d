import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '../../tools/engines/free-ports.mjs';
import { root } from '../../tools/workspace/root.mjs';
import { spread } from '../report/statistics.mjs';
import { heading, mebibytes, table, withSpread } from '../report/table.mjs';
import { isAlive, processTree, proportionalBytes } from './process-tree.mjs';

const ROUNDS = { usual: 5, quick: 2 };
const GOAL_SECONDS = 10;
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

/**
 * `npm start` as a newcomer types it, and Ctrl-C as a terminal sends it: to the whole process group.
 * @param {string} dataDir
 */
const startOnce = async (dataDir) => {
  const [port] = await freePorts(1);
  const startedAt = performance.now();
  const child = spawn('npm', ['start'], {
    cwd: root,
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, PORT: String(port), DATA_DIR: dataDir, OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '', DATABASE_URL: '', KAFKA_BROKERS: '', REDIS_URL: '' },
  });
  const exited = once(child, 'exit');
  const pid = /** @type {number} */ (child.pid);
  const killAtExit = () => process.kill(-pid, 'SIGKILL');
  process.once('exit', killAtExit);
  try {
    await waitFor(() => isHealthy(`http://127.0.0.1:${port}`));
    const healthyMs = performance.now() - startedAt;
    await waitFor(() => callOnce(path.join(dataDir, 'env')));
    const firstCallMs = performance.now() - startedAt;
    const tree = processTree(pid);
    const memoryBytes = proportionalBytes(tree);
    const stoppedAt = performance.now();
    process.kill(-pid, 'SIGINT');
    await exited;
    const stopMs = performance.now() - stoppedAt;
    const left = tree.filter((process) => isAlive(process.pid));
    if (left.length > 0) throw new Error(`processes were left behind: ${left.map(({ name, pid: id }) => `${name} (${id})`).join(', ')}`);
    return { healthyMs, firstCallMs, memoryBytes, processes: tree.length, stopMs };
  } finally {
    process.off('exit', killAtExit);
    if (isAlive(pid)) process.kill(-pid, 'SIGKILL');
  }
};

/** @param {() => Promise<boolean>} holds */
const waitFor = async (holds) => {
  const endsAt = performance.now() + READY_TIMEOUT_MS;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > endsAt) throw new Error('npm start was not ready in time');
    await pause(POLL_MS);
  }
};

const isHealthy = async (/** @type {string} */ url) => (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1_000) })).ok;

/** The first governed call, with the settings that `npm start` wrote for clients. */
const callOnce = async (/** @type {string} */ envFile) => {
  const settings = Object.fromEntries([...readFileSync(envFile, 'utf8').matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]));
  const answer = await fetch(`${settings['OPENAI_BASE_URL']}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${settings['OPENAI_API_KEY']}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'Hello' }] }),
    signal: AbortSignal.timeout(5_000),
  });
  await answer.arrayBuffer();
  return answer.ok;
};

/**
 * From `npm start` to the first governed call, and from Ctrl-C to the end; with a new data folder and with one that has been used.
 * @param {import('../main.mjs').RunOptions} options
 */
export const runStartup = async ({ quick, print }) => {
  print(heading('npm start from a built state'));
  /** @type {Awaited<ReturnType<typeof startOnce>>[]} */
  const first = [];
  /** @type {Awaited<ReturnType<typeof startOnce>>[]} */
  const again = [];
  for (let round = 0; round < (quick ? ROUNDS.quick : ROUNDS.usual); round++) {
    const folder = mkdtempSync(path.join(tmpdir(), 'llm-proxy-bench-'));
    // As root, PostgreSQL runs as another user, who has to get there.
    chmodSync(folder, 0o755);
    try {
      first.push(await startOnce(path.join(folder, 'data')));
      again.push(await startOnce(path.join(folder, 'data')));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const figures = [toFigures('new data folder', first), toFigures('used data folder', again)];
  print(startupTable(figures));
  return figures;
};

const toFigures = (/** @type {string} */ title, /** @type {Awaited<ReturnType<typeof startOnce>>[]} */ rounds) => ({
  title,
  healthySeconds: spread(rounds.map(({ healthyMs }) => healthyMs / 1_000)),
  firstCallSeconds: spread(rounds.map(({ firstCallMs }) => firstCallMs / 1_000)),
  stopSeconds: spread(rounds.map(({ stopMs }) => stopMs / 1_000)),
  memoryBytes: spread(rounds.map(({ memoryBytes }) => memoryBytes)),
  processes: Math.max(...rounds.map(({ processes }) => processes)),
});

const startupTable = (/** @type {ReturnType<typeof toFigures>[]} */ figures) =>
  table(
    ['start', 'healthy, s', 'first call, s', 'goal', 'memory of all processes', 'processes', 'Ctrl-C to exit, s'],
    figures.map((row) => [
      row.title,
      withSpread(row.healthySeconds, 2),
      withSpread(row.firstCallSeconds, 2),
      `< ${GOAL_SECONDS} s`,
      mebibytes(row.memoryBytes.median),
      String(row.processes),
      withSpread(row.stopSeconds, 2),
    ]),
  );
