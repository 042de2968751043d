// npm test: installs what is missing, then hands over to the pinned Node, which does the rest (main.mjs).
import { runInForeground } from '../workspace/foreground.mjs';
import { ensureInstalled } from '../workspace/install.mjs';
import { pinnedNode } from '../workspace/node.mjs';
import { inRoot } from '../workspace/root.mjs';
import { ToolError, warn } from '../workspace/say.mjs';

try {
  await ensureInstalled();
  process.exitCode = await runInForeground(pinnedNode(), [inRoot('tools', 'test', 'main.mjs'), ...process.argv.slice(2)]);
} catch (error) {
  warn(error instanceof ToolError ? error.message : String(error));
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
}
