import { readFile } from 'node:fs/promises';
import { COMPILED, compileJsonSkip } from '../wasm/compile-json-skip.mjs';
import { pinnedNode } from '../workspace/node.mjs';
import { inRoot } from '../workspace/root.mjs';
import { run } from '../workspace/run.mjs';
import { say, warn } from '../workspace/say.mjs';
import { findForbiddenImports } from './import-rules.mjs';
import { failedTidy } from './tidy-step.mjs';

/** @typedef {(signal: AbortSignal | undefined) => Promise<boolean>} LintStep resolves to whether it failed */

/** @type {LintStep} */
const oxlint = async (signal) => (await run(inRoot('node_modules', '.bin', 'oxlint'), ['--report-unused-disable-directives', '.'], { signal })).code !== 0;

/** @type {LintStep} */
const imports = async () => {
  const violations = await findForbiddenImports();
  for (const violation of violations) process.stderr.write(`${violation}\n`);
  return violations.length > 0;
};

/** @type {(project: string) => LintStep} */
const typesOf = (project) => async (signal) =>
  (await run(pinnedNode(), [inRoot('node_modules', 'typescript', 'bin', 'tsc'), '-p', inRoot(project), '--noEmit'], { signal })).code !== 0;

/** @type {LintStep} */
const wasm = async (signal) => (await compileJsonSkip(signal)) !== (await readFile(COMPILED, 'utf8'));

/** @type {Record<string, LintStep>} */
const steps = {
  'oxlint (.oxlintrc.json)': oxlint,
  'import rules (.dependency-cruiser.cjs)': imports,
  'types of specs and benchmarks (tsconfig.specs.json)': typesOf('tsconfig.specs.json'),
  'types of the tools (tools/tsconfig.json)': typesOf('tools/tsconfig.json'),
  'WebAssembly is what its source compiles to (npm run wasm)': wasm,
  'tidy (tools/tidy)': failedTidy,
};

/**
 * Runs every step, whatever the one before said. Needs a built workspace, because types of libs come from their builds.
 * @param {AbortSignal} [signal]
 * @returns {Promise<number>} how many failed
 */
export const failedLintSteps = async (signal) => {
  let failed = 0;
  for (const [name, step] of Object.entries(steps)) {
    signal?.throwIfAborted();
    say(`lint: ${name}`);
    if (await step(signal)) {
      failed += 1;
      warn(`lint failed: ${name}`);
    }
  }
  return failed;
};
