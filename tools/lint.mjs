// npm run lint: rules of the code, of the imports, of types in specs and tools, and of tidiness.
import { ensureBuilt } from './workspace/build.mjs';
import { runInForeground } from './workspace/foreground.mjs';
import { ensureInstalled } from './workspace/install.mjs';
import { pinnedNode } from './workspace/node.mjs';
import { inRoot } from './workspace/root.mjs';
import { main } from './workspace/say.mjs';

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  process.exitCode = await runInForeground(pinnedNode(), [inRoot('tools', 'lint', 'main.mjs')]);
});
