import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pinnedNode } from '../workspace/node.mjs';
import { inRoot } from '../workspace/root.mjs';
import { run } from '../workspace/run.mjs';

const SOURCE = inRoot('apps', 'gateway', 'wasm', 'json-skip.as');

/** What the gateway loads: a module of TypeScript, so that neither builds nor tests have to find another file. */
export const COMPILED = inRoot('apps', 'gateway', 'src', 'wire', 'json-skip.wasm.ts');

/** Two pages: the brackets and a window of 64 KiB. */
const OPTIONS = ['-O3', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '2', '--maximumMemory', '2', '--use', 'abort='];

/**
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>} what COMPILED has to say
 */
export const compileJsonSkip = async (signal) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'wasm-'));
  try {
    // The compiler takes this ending alone, which everything else here would read as TypeScript.
    const source = path.join(folder, 'json-skip.ts');
    const binary = path.join(folder, 'module.wasm');
    await copyFile(SOURCE, source);
    const { code } = await run(pinnedNode(), [inRoot('node_modules', 'assemblyscript', 'bin', 'asc.js'), source, ...OPTIONS, '--outFile', binary], { signal });
    if (code !== 0) throw new Error(`${SOURCE} does not compile`);
    return asTypeScript(await readFile(binary));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** @param {Buffer} binary */
const asTypeScript = (binary) => `// Made by \`npm run wasm\` from wasm/json-skip.as; \`npm run lint\` compares.
export const JSON_SKIP_WASM =
  '${binary.toString('base64')}';
`;
