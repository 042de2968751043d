import { existsSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './root.mjs';
import { ToolError } from './say.mjs';

const NEEDED_MAJOR = 24;

/** The flags of every Node process that runs our code, in development as in production. */
export const nodeFlags = [
  '--enable-source-maps',
  // kafkajs computes a timeout that may already have passed; harmless, and once per process.
  '--disable-warning=TimeoutNegativeWarning',
];

/** What jest needs to run ES modules. */
export const jestFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];

/** The Node that the repository pins. It is there after the installation only; other platforms need a recent one of their own. */
export const pinnedNode = () => {
  const pinned = inRoot('node_modules', '.bin', 'node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR) return process.execPath;
  throw new ToolError(`Node ${NEEDED_MAJOR} or newer is needed, and the repository brings none for ${process.platform}-${process.arch} (this is ${process.version}).`);
};

/** The environment for children, in which `node` is the pinned one, however this process itself was started. */
export const childEnvironment = (/** @type {NodeJS.ProcessEnv} */ more = {}) => ({
  ...process.env,
  PATH: `${inRoot('node_modules', '.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
  ...more,
});
