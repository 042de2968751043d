// npm run bench: builds, then measures. Arguments go to bench/main.mjs.
import { ensureBuilt } from './workspace/build.mjs';
import { runInForeground } from './workspace/foreground.mjs';
import { ensureInstalled } from './workspace/install.mjs';
import { nodeFlags, pinnedNode } from './workspace/node.mjs';
import { inRoot } from './workspace/root.mjs';
import { main } from './workspace/say.mjs';

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  process.exitCode = await runInForeground(pinnedNode(), [...nodeFlags, inRoot('bench', 'main.mjs'), ...process.argv.slice(2)]);
});
