import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { EmbeddedPostgresError, useOwnServer } from './embedded-postgres.errors.js';
import { firstClosedFolder, type ServerUser } from './server-user.js';

export interface Binaries {
  initdb: string;
  postgres: string;
  /** Of the npm package, e.g. `18.4.0-beta.17`. */
  version: string;
}

/** Root's place for what `nobody` must reach when the checkout itself lies in a closed folder such as a home directory. */
export const SHARED_FOLDER = '/var/lib/llm-proxy';

const SUPPORTED = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

const packageFolder = (platform: string): string => {
  if (!SUPPORTED.includes(platform)) {
    throw new EmbeddedPostgresError(`There is no embedded PostgreSQL for ${platform} (there is for ${SUPPORTED.join(', ')}). ${useOwnServer}`);
  }
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return path.dirname(path.dirname(createRequire(wrapper).resolve(`@embedded-postgres/${platform}`)));
  } catch (error) {
    const message = `The package @embedded-postgres/${platform} is not installed; it comes with "npm ci", without --omit=dev or --omit=optional. ${useOwnServer}`;
    throw new EmbeddedPostgresError(message, { cause: error });
  }
};

/** npm packages hold no links; the package's install script makes them, unless scripts were switched off. */
const makeLibraryLinks = (folder: string): void => {
  const list = path.join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = path.join(folder, target);
    if (existsSync(link)) continue;
    rmSync(link, { force: true });
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
};

const copyTo = (from: string, to: string): void => {
  if (existsSync(to)) return;
  const half = `${to}.${randomUUID()}`;
  cpSync(from, half, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(half, to);
  } catch (error) {
    rmSync(half, { recursive: true });
    if (!existsSync(to)) throw error;
  }
};

const reachableCopy = (folder: string, version: string, user: ServerUser): string => {
  const copy = path.join(SHARED_FOLDER, `postgres-${version}`);
  const closed = firstClosedFolder(folder, user);
  try {
    mkdirSync(SHARED_FOLDER, { recursive: true, mode: 0o755 });
    copyTo(path.join(folder, 'native'), copy);
  } catch (error) {
    const message = `PostgreSQL cannot run as root, and ${closed} is closed to the unprivileged user it runs as; copying it to ${copy} failed (${(error as Error).message}). Open that folder ("chmod o+x"), run as another user, or: ${useOwnServer}`;
    throw new EmbeddedPostgresError(message, { cause: error });
  }
  return copy;
};

/**
 * Finds the server's programs in the npm package of this platform, where `user` can run them.
 * @throws EmbeddedPostgresError when the platform or the machine rules it out
 */
export const findBinaries = (user: ServerUser | null, platform = `${process.platform}-${process.arch}`): Binaries => {
  const folder = packageFolder(platform);
  const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string };
  makeLibraryLinks(folder);
  const native = path.join(folder, 'native');
  const home = user !== null && firstClosedFolder(path.join(native, 'bin'), user) !== null ? reachableCopy(folder, version, user) : native;
  return { initdb: path.join(home, 'bin', 'initdb'), postgres: path.join(home, 'bin', 'postgres'), version };
};
