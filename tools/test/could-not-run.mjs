import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../workspace/root.mjs';

/** @returns {string[]} one line for each reason that specs gave, with the specs */
const reportedBySpecs = (/** @type {string} */ file) => {
  if (!existsSync(file)) return [];
  const entries = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return [...new Set(entries.map(({ spec, reason }) => `${path.relative(root, spec)}: ${reason}`))];
};

/**
 * Everything that this run had to leave out.
 * @param {{ reportFile: string, unavailable: Map<string, string>, skipped: { spec: string, count: number }[] }} run
 * @returns {string[]}
 */
export const whatCouldNotRun = ({ reportFile, unavailable, skipped }) => [
  ...unavailable.values(),
  ...reportedBySpecs(reportFile),
  ...skipped.map(({ spec, count }) => `${spec}: ${count} skipped`),
];
