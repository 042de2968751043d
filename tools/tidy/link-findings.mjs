import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** `[text](target)` and `[name]: target`. */
const LINK = /\]\(\s*<?([^)>\s]+)>?[^)]*\)|^\s*\[[^\]]+\]:\s+(\S+)/g;
const ELSEWHERE = /^([a-z][a-z0-9+.-]*:|\/\/)/i;
const FENCE = /^\s*(```|~~~)/;

/** The name that a heading gets as the target of a link. */
const anchorOf = (/** @type {string} */ heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

/** Lines outside of fenced code, with their numbers. */
const prose = (/** @type {string} */ text) => {
  let inCode = false;
  return text.split('\n').flatMap((line, index) => {
    if (FENCE.test(line)) {
      inCode = !inCode;
      return [];
    }
    return inCode ? [] : [{ line: line.replaceAll(/`[^`]*`/g, ''), raw: line, number: index + 1 }];
  });
};

const anchorsOf = (/** @type {string} */ text) =>
  new Set(prose(text).flatMap(({ raw }) => (/^#{1,6}\s/.test(raw) ? [anchorOf(raw.replace(/^#+\s+/, ''))] : [])));

/** @returns {string | null} what is wrong with the link */
const problemOf = (/** @type {string} */ target, /** @type {string} */ file, /** @type {string} */ text, /** @type {string} */ folder) => {
  const [where = '', anchor] = target.split('#');
  const full = where === '' ? path.join(folder, file) : path.resolve(folder, path.dirname(file), decodeURIComponent(where));
  if (!existsSync(full)) return 'leads nowhere';
  if (!anchor || !full.endsWith('.md') || statSync(full).isDirectory()) return null;
  const inside = where === '' ? text : readFileSync(full, 'utf8');
  return anchorsOf(inside).has(anchor) ? null : 'names a heading that is not there';
};

/**
 * Links of a Markdown file to files and headings that do not exist. Addresses of other machines are not tried.
 * @param {string} file relative to the top
 * @param {string} text
 * @param {string} folder the top
 * @returns {import('./findings.mjs').Finding[]}
 */
export const findDeadLinks = (file, text, folder) =>
  prose(text).flatMap(({ line, number }) =>
    [...line.matchAll(LINK)].flatMap((match) => {
      const target = match[1] ?? match[2] ?? '';
      const problem = ELSEWHERE.test(target) ? null : problemOf(target, file, text, folder);
      return problem === null ? [] : [{ rule: 'dead-link', file, line: number, message: `${target} ${problem}` }];
    }),
  );
