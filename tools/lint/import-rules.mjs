import { createRequire } from 'node:module';
import { inRoot, root } from '../workspace/root.mjs';

const CODE = ['apps', 'libs'];

/**
 * Imports that the architecture rules out; the rules stand in .dependency-cruiser.cjs.
 * @param {string} [baseDir] top folder of the tree to look at
 * @returns {Promise<string[]>} one line each
 */
export const findForbiddenImports = async (baseDir = root) => {
  const { cruise } = await import('dependency-cruiser');
  const { forbidden, options } = createRequire(import.meta.url)(inRoot('.dependency-cruiser.cjs'));
  const { enhancedResolveOptions, ...rest } = options;
  const answer = await cruise(CODE, { ...rest, baseDir, validate: true, ruleSet: { forbidden } }, enhancedResolveOptions);
  const { violations } = /** @type {import('dependency-cruiser').ICruiseResult} */ (answer.output).summary;
  return violations.map(({ rule, from, to }) => `${rule.name}: ${from} imports ${to} (${commentOf(forbidden, rule.name)})`);
};

const commentOf = (/** @type {{ name: string, comment: string }[]} */ rules, /** @type {string} */ name) => rules.find((rule) => rule.name === name)?.comment ?? '';
