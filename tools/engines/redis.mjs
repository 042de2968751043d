import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { freePorts, HOST } from './free-ports.mjs';
import { startServer } from './server-process.mjs';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const PING_TIMEOUT_MS = 1_000;

/** Redis, or the fork that speaks the same. */
const COMMANDS = ['redis-server', 'valkey-server'];

/** @returns {{ command: string, version: string } | null} the server program of this machine */
export const findRedis = () => {
  for (const command of COMMANDS) {
    const answer = spawnSync(command, ['--version'], { encoding: 'utf8' });
    if (answer.status === 0) return { command, version: /v=(\S+)/.exec(answer.stdout)?.[1] ?? 'of unknown version' };
  }
  return null;
};

const answersPing = async (/** @type {number} */ port) => {
  const socket = connect(port, HOST);
  socket.setTimeout(PING_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data');
    return String(answer).startsWith('+PONG');
  } finally {
    socket.destroy();
  }
};

/**
 * @param {{ folder: string, port?: number, keep: boolean }} options `keep`: every write is on disk before it is answered
 */
export const startRedis = async ({ folder, port: wanted, keep }) => {
  const found = findRedis();
  if (found === null) throw new Error('There is no redis-server on this machine.');
  mkdirSync(folder, { recursive: true });
  const port = wanted ?? (await freePorts(1))[0] ?? 0;
  const persistence = keep ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const server = startServer(
    [found.command, '--port', String(port), '--bind', HOST, '--dir', folder, '--save', '', '--daemonize', 'no', ...persistence],
    path.join(folder, 'redis.log'),
  );
  await server.ready(() => answersPing(port), START_TIMEOUT_MS);
  return {
    url: `redis://${HOST}:${port}`,
    port,
    version: found.version,
    pid: server.pid,
    stop: () => server.end('SIGTERM', STOP_TIMEOUT_MS),
    kill: () => server.end('SIGKILL', STOP_TIMEOUT_MS),
  };
};
