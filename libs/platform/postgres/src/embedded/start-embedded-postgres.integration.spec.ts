import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { jest } from '@jest/globals';
import pg from 'pg';
import { commandOf } from './process-identity.js';
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './start-embedded-postgres.js';

jest.setTimeout(60_000);

const folders: string[] = [];
const servers: EmbeddedPostgres[] = [];

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'embedded-postgres-'));
  // Started by root, the server runs as another user and has to pass here.
  await chmod(folder, 0o711);
  folders.push(folder);
  return folder;
};

const start = async (folder: string, more: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> => {
  const server = await startEmbeddedPostgres({ dataDir: path.join(folder, 'data'), logFile: path.join(folder, 'postgres.log'), durable: false, ...more });
  servers.push(server);
  return server;
};

const query = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

const launch = `const { startEmbeddedPostgres } = await import(process.argv[1] + '/index.js');
  const server = await startEmbeddedPostgres({ dataDir: process.argv[2] + '/data', logFile: process.argv[2] + '/postgres.log', durable: true });
  console.log(server.pid);
  process.kill(process.pid, 'SIGKILL');`;

/** As on a system where the server does not notice that its launcher was killed. */
const launchUnguarded = `const { spawnPostmaster } = await import(process.argv[1] + '/postmaster.js');
  const { findBinaries } = await import(process.argv[1] + '/binaries.js');
  const { serverUser } = await import(process.argv[1] + '/server-user.js');
  const data = process.argv[2] + '/data/pgdata';
  const user = serverUser(data);
  const settings = { unix_socket_directories: '', listen_addresses: '127.0.0.1', port: process.argv[3] };
  const child = spawnPostmaster({ executable: findBinaries(user).postgres, data, settings, logFile: process.argv[2] + '/postgres.log', user, endWithParent: false });
  console.log(child.pid);
  process.kill(process.pid, 'SIGKILL');`;

/** Runs the script in another process, which ends by SIGKILL. @returns pid of the server it started */
const killedLauncher = async (script: string, folder: string, port = 0): Promise<number> => {
  const built = new URL('../../dist/embedded', import.meta.url).href;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, built, folder, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  // Either event may come first.
  const [[output]] = (await Promise.all([once(child.stdout, 'data'), once(child, 'exit')])) as [[Buffer], unknown];
  return Number(output.toString());
};

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
};

const pidFile = (folder: string): string => path.join(folder, 'data', 'pgdata', 'postmaster.pid');

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

const canConnect = async (port: number, host: string): Promise<boolean> => {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

describe('embedded PostgreSQL', () => {
  it('keeps data, password and port over a restart', async () => {
    const folder = await newFolder();
    const first = await start(folder);
    await query(first.url('postgres'), 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect(commandOf(first.pid)).toBeNull();

    const second = await start(folder);
    expect(second.url('postgres')).toBe(first.url('postgres'));
    expect(await query(second.url('postgres'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('keeps the superuser password to itself and asks for it', async () => {
    const folder = await newFolder();
    const server = await start(folder);
    expect((await stat(path.join(folder, 'data', 'superuser-password'))).mode & 0o777).toBe(0o600);
    const wrong = new URL(server.url('postgres'));
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('listens on 127.0.0.1 alone, without a socket file, whatever the settings say', async () => {
    const server = await start(await newFolder(), { settings: { listen_addresses: '*', unix_socket_directories: '/tmp' } });
    const [row] = await query(server.url('postgres'), `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets`);
    expect(row).toEqual({ addresses: '127.0.0.1', sockets: '' });
    expect(await canConnect(server.port, '127.0.0.1')).toBe(true);
    expect(await canConnect(server.port, '127.0.0.2')).toBe(false);
  });

  it.each([
    [true, 'on'],
    [false, 'off'],
  ])('durable %s sets fsync %s', async (durable, fsync) => {
    const server = await start(await newFolder(), { durable, settings: { work_mem: '5MB' } });
    const [row] = await query(server.url('postgres'), `SELECT current_setting('fsync') AS fsync, current_setting('work_mem') AS work_mem`);
    expect(row).toEqual({ fsync, work_mem: '5MB' });
  });

  it('refuses a second start on the same folder, and names the holder', async () => {
    const folder = await newFolder();
    const server = await start(folder);
    await expect(start(folder)).rejects.toThrow(`in use by process ${process.pid}`);
    expect(await query(server.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('lets exactly one of several simultaneous starts win', async () => {
    const folder = await newFolder();
    const outcomes = await Promise.allSettled([start(folder), start(folder), start(folder)]);
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });

  it('runs two folders side by side', async () => {
    const [left, right] = await Promise.all([start(await newFolder()), start(await newFolder())]);
    expect(left.port).not.toBe(right.port);
    await query(left.url('postgres'), 'CREATE TABLE only_left ()');
    expect(await query(right.url('postgres'), `SELECT to_regclass('only_left') AS found`)).toEqual([{ found: null }]);
  });

  it('replaces the server that a killed launcher left running', async () => {
    const folder = await newFolder();
    const first = await start(folder);
    await first.stop();
    const left = await killedLauncher(launchUnguarded, folder, first.port);
    while (!(await canConnect(first.port, '127.0.0.1'))) expect(commandOf(left)).not.toBeNull();
    const server = await start(folder);
    expect(server.pid).not.toBe(left);
    expect(commandOf(left)).toBeNull();
    expect(await query(server.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('replaces a server that was still starting when its launcher was killed', async () => {
    const folder = await newFolder();
    const first = await start(folder);
    await first.stop();
    const left = await killedLauncher(launchUnguarded, folder, first.port);
    await until(() => existsSync(pidFile(folder)));
    const server = await start(folder);
    expect(commandOf(left)).toBeNull();
    expect(await query(server.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('starts over an empty pid file, which a crash left', async () => {
    const folder = await newFolder();
    await (await start(folder)).stop();
    await writeFile(pidFile(folder), '');
    const server = await start(folder);
    expect(await query(server.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  // Elsewhere nothing tells the server; the next start ends it.
  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('ends the server when the launcher is killed', async () => {
    const left = await killedLauncher(launch, await newFolder());
    await until(() => commandOf(left) === null);
  });

  it('recovers when launcher and server were killed', async () => {
    const folder = await newFolder();
    const first = await start(folder, { durable: true });
    await query(first.url('postgres'), 'CREATE TABLE kept ()');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    await killedLauncher(launch, folder);
    const server = await start(folder);
    expect(await query(server.url('postgres'), `SELECT to_regclass('kept')::text AS found`)).toEqual([{ found: 'kept' }]);
  });

  it('is not held up by a left-over pid file whose number belongs to another program', async () => {
    const folder = await newFolder();
    const stranger = spawn('sleep', ['600']);
    try {
      const first = await start(folder);
      process.kill(first.pid, 'SIGKILL');
      await first.exited;
      const [, ...rest] = (await readFile(pidFile(folder), 'utf8')).split('\n');
      await writeFile(pidFile(folder), [String(stranger.pid), ...rest].join('\n'));
      await writeFile(path.join(folder, 'data', 'launcher.lock'), JSON.stringify({ pid: stranger.pid, started: 'another time' }));
      const server = await start(folder);
      expect(await query(server.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    } finally {
      stranger.kill();
    }
  });

  it('takes another port when the last one is taken, and says so when the port was asked for', async () => {
    const folder = await newFolder();
    const first = await start(folder);
    await first.stop();
    const holder = createServer().listen(first.port, '127.0.0.1');
    await once(holder, 'listening');
    try {
      expect((await start(folder)).port).not.toBe(first.port);
      const { port } = holder.address() as AddressInfo;
      await expect(start(await newFolder(), { port })).rejects.toThrow(`Port ${port} is taken`);
    } finally {
      holder.close();
    }
  });

  // Anyone but root runs the server under the own name, for whom no folder of one's own is closed.
  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('keeps the data elsewhere when its user cannot pass to the folder, and finds it again', async () => {
    const folder = await newFolder();
    await chmod(folder, 0o700);
    const first = await start(folder);
    folders.push((await readFile(path.join(folder, 'data', 'location'), 'utf8')).trim());
    await query(first.url('postgres'), 'CREATE TABLE kept ()');
    await first.stop();
    const second = await start(folder);
    expect(await query(second.url('postgres'), `SELECT to_regclass('kept')::text AS found`)).toEqual([{ found: 'kept' }]);
  });

  it('resolves exited when the server ends by itself, and frees the folder', async () => {
    const folder = await newFolder();
    const first = await start(folder);
    process.kill(first.pid, 'SIGINT');
    await first.exited;
    const second = await start(folder);
    expect(await query(second.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
