import { existsSync, readFileSync } from 'node:fs';
import { withLock } from './lock.mjs';
import { inRoot } from './root.mjs';
import { run } from './run.mjs';
import { say, ToolError } from './say.mjs';

/** @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean, resolved?: string }} LockedPackage */

/** @returns {Record<string, LockedPackage>} */
const packagesOf = (/** @type {string} */ file) => JSON.parse(readFileSync(file, 'utf8')).packages;

const same = (/** @type {LockedPackage} */ wanted, /** @type {LockedPackage | undefined} */ found) =>
  found === undefined ? wanted.optional === true : wanted.version === found.version && wanted.link === found.link && wanted.integrity === found.integrity;

/**
 * Compares the lock file with the record that npm keeps of what it installed. Optional packages may be absent, since most are for
 * other platforms; the pinned Node of this platform may not.
 */
export const isInstalled = () => {
  const record = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const found = packagesOf(record);
  // The entries without node_modules are the workspaces themselves.
  const wanted = Object.entries(packagesOf(inRoot('package-lock.json'))).filter(([name]) => name.includes('node_modules/'));
  const ownNode = `node_modules/node-${process.platform}-${process.arch}`;
  return wanted.every(([name, locked]) => same(name === ownNode ? { ...locked, optional: false } : locked, found[name]));
};

/** Installs what the lock file says, unless it is there. */
export const ensureInstalled = async () => {
  if (isInstalled()) return;
  await withLock(inRoot('.cache', 'setup.lock'), 'installing or building', async () => {
    if (isInstalled()) return;
    say('installing the packages of package-lock.json (npm ci; a minute or two, once)');
    const { code } = await run('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']);
    if (code !== 0) throw new ToolError(`npm ci ended with exit code ${code}.`, code);
  });
};
