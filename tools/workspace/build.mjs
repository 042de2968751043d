import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { pinnedNode } from './node.mjs';
import { inRoot, root } from './root.mjs';
import { run } from './run.mjs';
import { say, ToolError } from './say.mjs';

const STAMP = inRoot('.cache', 'built');
const SOURCES = ['apps', 'libs', 'tsconfig.base.json', 'nx.json', 'package.json', 'package-lock.json'];
/** Made by the build itself, or by nobody we care about. */
const NOT_SOURCES = new Set(['dist', 'node_modules', 'generated']);

/** @returns {Generator<string>} */
function* filesUnder(/** @type {string} */ file) {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile()) yield `${path.relative(root, file)} ${found.size} ${found.mtimeMs}`;
  if (!found?.isDirectory()) return;
  for (const name of readdirSync(file).sort()) {
    if (!NOT_SOURCES.has(name)) yield* filesUnder(path.join(file, name));
  }
}

/** Changes with every added, removed or touched source file. Takes milliseconds, where asking nx takes a second. */
const fingerprint = () => {
  const hash = createHash('sha256');
  for (const source of SOURCES) for (const line of filesUnder(inRoot(source))) hash.update(`${line}\n`);
  return hash.digest('hex');
};

/** Folders of the projects, as the workspace file for the compiler lists them. */
const projectFolders = () => JSON.parse(readFileSync(inRoot('tsconfig.json'), 'utf8')).references.map((/** @type {{ path: string }} */ reference) => reference.path);

const isBuilt = () =>
  existsSync(STAMP) && readFileSync(STAMP, 'utf8') === fingerprint() && projectFolders().every((/** @type {string} */ folder) => existsSync(inRoot(folder, 'dist')));

const nxBuild = async () => {
  const before = fingerprint();
  const { code } = await run(pinnedNode(), [inRoot('node_modules', 'nx', 'dist', 'bin', 'nx.js'), 'run-many', '-t', 'build', '--outputStyle=static'], {
    env: { NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false', NX_SKIP_NX_CACHE: undefined },
  });
  if (code !== 0) throw new ToolError(`The build ended with exit code ${code}.`, code);
  mkdirSync(path.dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, before);
};

const locked = (/** @type {() => Promise<void>} */ work) => withLock(inRoot('.cache', 'setup.lock'), 'installing or building', work);

/** Builds every project; what did not change comes from nx's cache. */
export const build = async () => {
  say('building (nx run-many -t build)');
  await locked(nxBuild);
};

/** Builds only when a source file changed since the last build. */
export const ensureBuilt = async () => {
  if (isBuilt()) return;
  await locked(async () => {
    if (isBuilt()) return;
    say('building (nx run-many -t build)');
    await nxBuild();
  });
};
