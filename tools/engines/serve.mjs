// node tools/engines/serve.mjs: keeps the engines for tests up until Ctrl-C, and prints what a shell needs to run single specs on them.
import { runInForeground } from '../workspace/foreground.mjs';
import { ensureBuilt } from '../workspace/build.mjs';
import { ensureInstalled } from '../workspace/install.mjs';
import { pinnedNode } from '../workspace/node.mjs';
import { inRoot } from '../workspace/root.mjs';
import { main } from '../workspace/say.mjs';

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  process.exitCode = await runInForeground(pinnedNode(), [inRoot('tools', 'engines', 'keep-up.mjs')]);
});
