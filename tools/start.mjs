// npm start, npm run start:<app>: installs and builds what is missing, then runs the app until it ends.
import { existsSync } from 'node:fs';
import { ensureBuilt } from './workspace/build.mjs';
import { runInForeground } from './workspace/foreground.mjs';
import { ensureInstalled } from './workspace/install.mjs';
import { nodeFlags, pinnedNode } from './workspace/node.mjs';
import { inRoot } from './workspace/root.mjs';
import { main, ToolError } from './workspace/say.mjs';

await main(async () => {
  const [app = 'standalone', ...args] = process.argv.slice(2);
  if (!existsSync(inRoot('apps', app))) throw new ToolError(`There is no app "${app}" in apps/.`);
  await ensureInstalled();
  await ensureBuilt();
  const entry = inRoot('apps', app, 'dist', 'main.js');
  if (!existsSync(entry)) throw new ToolError(`apps/${app} has no main.ts; it is not started by itself.`);
  process.exitCode = await runInForeground(pinnedNode(), [...nodeFlags, entry, ...args]);
});
