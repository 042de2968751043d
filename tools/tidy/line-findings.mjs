import { lineRules } from './line-rules.mjs';

export const MAX_FILE_LINES = 400;

const COUNTED = /\.(ts|mts|mjs|cjs|js)$/;

/**
 * @param {string} file relative to the top
 * @param {string} text
 * @returns {import('./findings.mjs').Finding[]}
 */
export const findInLines = (file, text) => {
  const lines = text.split('\n');
  const rules = lineRules.filter((rule) => rule.applies(file));
  const found = lines.flatMap((line, index) =>
    rules.filter((rule) => rule.pattern.test(line)).map((rule) => ({ rule: rule.name, file, line: index + 1, message: `${line.trim().slice(0, 100)} (${rule.why})` })),
  );
  const length = lines.length - (text.endsWith('\n') ? 1 : 0);
  if (COUNTED.test(file) && length > MAX_FILE_LINES) {
    found.push({ rule: 'file-length', file, line: MAX_FILE_LINES + 1, message: `${length} lines, ${MAX_FILE_LINES} are the limit` });
  }
  return found;
};
