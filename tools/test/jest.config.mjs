// One jest run over every project that has tests. What a project's own jest.config.mjs says stays its own.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../workspace/root.mjs';

const projectsIn = (/** @type {string} */ folder) => readdirSync(inRoot(folder)).map((name) => inRoot(folder, name));

export default {
  rootDir: inRoot(),
  projects: [...projectsIn('libs'), ...projectsIn('libs/platform'), ...projectsIn('apps'), inRoot('tools'), inRoot('e2e')].filter((folder) =>
    existsSync(path.join(folder, 'jest.config.mjs')),
  ),
  // Modules loaded by one spec stay in the worker's memory.
  workerIdleMemoryLimit: '1GB',
};
