import { readFileSync } from 'node:fs';
import { findUntidy } from '../tidy/find-untidy.mjs';
import { inRoot, root } from '../workspace/root.mjs';

/** Prints what the tidy check finds. @returns {Promise<boolean>} whether it found anything */
export const failedTidy = async () => {
  const exceptions = JSON.parse(readFileSync(inRoot('tools', 'tidy-exceptions.json'), 'utf8'));
  const findings = await findUntidy(root, exceptions);
  for (const { rule, file, line, message } of findings) process.stderr.write(`${file}:${line}: ${rule}: ${message}\n`);
  return findings.length > 0;
};
