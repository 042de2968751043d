import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findInCode } from './code-findings.mjs';
import { withoutExceptions } from './findings.mjs';
import { findInLines } from './line-findings.mjs';
import { findDeadLinks } from './link-findings.mjs';
import { trackedFiles } from './tracked-files.mjs';

/**
 * What a reader would trip over in the tree, beyond what the linter says.
 * @param {string} folder top of a git working tree
 * @param {import('./findings.mjs').Exception[]} exceptions
 */
export const findUntidy = async (folder, exceptions) => {
  const found = await findInCode(folder);
  for (const file of trackedFiles(folder)) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    found.push(...findInLines(file, text));
    if (file.endsWith('.md')) found.push(...findDeadLinks(file, text, folder));
  }
  return withoutExceptions(found, exceptions);
};
