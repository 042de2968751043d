import { inRoot } from '../workspace/root.mjs';
import { pinnedNode } from '../workspace/node.mjs';
import { run } from '../workspace/run.mjs';

/**
 * Runs Prisma's command line without any download.
 * @param {string[]} args
 * @param {string} folder of the app
 * @param {NodeJS.ProcessEnv} [env]
 */
export const runPrisma = async (args, folder, env = {}) => {
  const { code } = await run(pinnedNode(), [inRoot('node_modules', 'prisma', 'build', 'index.js'), ...args], {
    cwd: folder,
    env: { PRISMA_SCHEMA_ENGINE_BINARY: inRoot('tools', 'prisma', 'schema-engine.mjs'), CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1', ...env },
  });
  return code;
};
