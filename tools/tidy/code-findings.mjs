import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../workspace/root.mjs';
import { run } from '../workspace/run.mjs';

const NAMES = /** @type {Record<string, string>} */ ({ 'eslint(max-lines-per-function)': 'function-length', 'typescript(no-explicit-any)': 'any' });
/** A function that lists tests is as long as the list. */
const LISTS_TESTS = /^\s*(it|test|describe|describeWith)(\.\w+)*\(/m;
const TEST_FILE = /\.(spec|suite)\.(ts|mjs)$/;

/** The function's text, by the byte range that the linter names. */
const textOf = (/** @type {string} */ file, /** @type {{ offset: number, length: number }} */ span) =>
  readFileSync(file).subarray(span.offset, span.offset + span.length).toString();

/**
 * Functions that are too long, and the type `any`.
 * @param {string} folder top of the tree
 * @returns {Promise<import('./findings.mjs').Finding[]>}
 */
export const findInCode = async (folder) => {
  const { output } = await run(inRoot('node_modules', '.bin', 'oxlint'), ['-c', inRoot('tools', 'tidy', 'oxlint.json'), '--format=json', '.'], { cwd: folder, quiet: true });
  const { diagnostics } = JSON.parse(output.slice(output.indexOf('{')));
  return diagnostics.flatMap((/** @type {any} */ diagnostic) => {
    const { span } = diagnostic.labels[0];
    const file = diagnostic.filename;
    const rule = NAMES[diagnostic.code] ?? diagnostic.code;
    if (rule === 'function-length' && TEST_FILE.test(file) && LISTS_TESTS.test(textOf(path.join(folder, file), span))) return [];
    return [{ rule, file, line: span.line, message: diagnostic.message }];
  });
};
