import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createAdapterFactory } from './postgres-adapter.mjs';

const BINDINGS = '@prisma/schema-engine-wasm/schema_engine_bg';

/** Loads the module the way its bundler entry would, which Node cannot run as it is. */
const loadBindings = async () => {
  const bindings = await import(BINDINGS);
  const code = await readFile(fileURLToPath(import.meta.resolve(BINDINGS)).replace(/\.js$/, '.wasm'));
  const { instance } = await /** @type {any} */ (globalThis).WebAssembly.instantiate(code, { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return bindings;
};

/** @type {Promise<any> | undefined} */
let loaded;

/**
 * @param {string | null} url
 * @param {string[][]} datamodels pairs of file name and content
 */
export const createEngine = async (url, datamodels) => {
  const { SchemaEngine } = await (loaded ??= loadBindings());
  const ignoreLog = () => undefined;
  return SchemaEngine.new({ datamodels: datamodels.length > 0 ? datamodels : undefined }, ignoreLog, createAdapterFactory(url));
};
