// npm run wasm: compiles the gateway's WebAssembly after its source was changed.
import { writeFile } from 'node:fs/promises';
import { COMPILED, compileJsonSkip } from './wasm/compile-json-skip.mjs';
import { ensureInstalled } from './workspace/install.mjs';
import { main, say } from './workspace/say.mjs';

await main(async () => {
  await ensureInstalled();
  await writeFile(COMPILED, await compileJsonSkip());
  say(`wrote ${COMPILED}`);
});
