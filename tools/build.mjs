// npm run build: installs what is missing, then compiles every project.
import { build } from './workspace/build.mjs';
import { ensureInstalled } from './workspace/install.mjs';
import { main } from './workspace/say.mjs';

await main(async () => {
  await ensureInstalled();
  await build();
});
