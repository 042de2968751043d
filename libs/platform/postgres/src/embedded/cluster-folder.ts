import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Binaries, SHARED_FOLDER } from './binaries.js';
import { EmbeddedPostgresError, useOwnServer } from './embedded-postgres.errors.js';
import { firstClosedFolder, serverUser, type ServerUser } from './server-user.js';

/** Where one server keeps everything. */
export interface ClusterFolder {
  /** PostgreSQL's own data directory. */
  data: string;
  passwordFile: string;
  /** The port of the last start, so that addresses stay good over restarts. */
  portFile: string;
  lockFile: string;
}

export const SUPERUSER = 'postgres';

/** What the server is started and initialised with: nothing of ours, provider keys least of all. */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The folder for `dataDir`. Root in a closed place (a home directory) gets one under `/var/lib` that the server's user can
 * enter; a file `location` in `dataDir` leads to it from then on.
 */
export const clusterFolder = (dataDir: string): ClusterFolder => {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  // One name for one folder, because a running server is recognised by the path on its command line.
  const asked = realpathSync(dataDir);
  const pointer = path.join(asked, 'location');
  const home = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : openHome(asked, pointer);
  mkdirSync(home, { recursive: true, mode: 0o755 });
  return {
    data: path.join(home, 'pgdata'),
    passwordFile: path.join(home, 'superuser-password'),
    portFile: path.join(home, 'port'),
    lockFile: path.join(asked, 'launcher.lock'),
  };
};

const openHome = (asked: string, pointer: string): string => {
  const user = serverUser(path.join(asked, 'pgdata'));
  if (user === null || firstClosedFolder(asked, user) === null) return asked;
  const home = path.join(SHARED_FOLDER, `data-${randomUUID()}`);
  try {
    mkdirSync(home, { recursive: true, mode: 0o755 });
  } catch (error) {
    const closed = firstClosedFolder(asked, user);
    const message = `PostgreSQL cannot run as root, and ${closed} is closed to the unprivileged user it runs as; making ${home} failed (${(error as Error).message}). Choose a data folder outside of it, or: ${useOwnServer}`;
    throw new EmbeddedPostgresError(message, { cause: error });
  }
  writeFileSync(pointer, `${home}\n`);
  return home;
};

export const readPassword = (folder: ClusterFolder): string => readFileSync(folder.passwordFile, 'utf8').trim();

const giveTo = (file: string, user: ServerUser | null): void => {
  if (user !== null) chownSync(file, user.uid, user.gid);
};

/** Major version, as the server writes it into its data directory. */
const majorOf = (version: string): string => version.split('.')[0]!;

const checkVersion = (folder: ClusterFolder, binaries: Binaries): void => {
  const found = readFileSync(path.join(folder.data, 'PG_VERSION'), 'utf8').trim();
  if (found === majorOf(binaries.version)) return;
  throw new EmbeddedPostgresError(`${folder.data} was made by PostgreSQL ${found}; this release brings ${majorOf(binaries.version)}. Dump it with the old release and restore it into a new folder.`);
};

/** Makes the data directory unless it is there; one that was cut off half way is thrown away. */
export const initialise = (folder: ClusterFolder, binaries: Binaries, user: ServerUser | null, durable: boolean): void => {
  if (existsSync(path.join(folder.data, 'PG_VERSION'))) return checkVersion(folder, binaries);
  const half = `${folder.data}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { mode: 0o700 });
  giveTo(half, user);
  rmSync(folder.passwordFile, { force: true });
  writeFileSync(folder.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  giveTo(folder.passwordFile, user);
  runInitdb(half, folder.passwordFile, binaries, user, durable);
  renameSync(half, folder.data);
};

const runInitdb = (data: string, passwordFile: string, binaries: Binaries, user: ServerUser | null, durable: boolean): void => {
  // The built-in locale provider needs no locale of the operating system.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${SUPERUSER}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const result = spawnSync(binaries.initdb, ['-D', data, ...locale, ...access, ...(durable ? [] : ['--no-sync'])], {
    ...user,
    cwd: data,
    env: serverEnvironment,
    encoding: 'utf8',
  });
  if (result.status === 0) return;
  const why = result.error?.message ?? `${result.stderr}${result.stdout}`.trim().slice(-2_000);
  throw new EmbeddedPostgresError(`initdb failed for ${data}: ${why}`);
};
