// Rules that look at one line at a time. A bracket around one character keeps a pattern from finding itself.

/**
 * @typedef {object} LineRule
 * @property {string} name
 * @property {string} why
 * @property {(file: string) => boolean} applies
 * @property {RegExp} pattern
 */

const isCode = (/** @type {string} */ file) => /\.(ts|mts|mjs|cjs|js)$/.test(file);
const isTest = (/** @type {string} */ file) => /\.(spec|suite)\.(ts|mjs)$/.test(file);
const isText = (/** @type {string} */ file) => !/\.(png|jpg|ico|gz|zip|woff2?)$/.test(file) && !file.endsWith('package-lock.json');

/** Where the environment may be read besides *.config.ts: what runs before or around the services. */
const readsEnvironment = /^(tools|bench|e2e)\/|\.config\.(ts|mjs)$/;

/** @type {LineRule[]} */
export const lineRules = [
  {
    name: 'environment',
    why: 'process.env is read in *.config.ts alone; everything else gets options',
    applies: (file) => isCode(file) && !isTest(file) && !readsEnvironment.test(file),
    pattern: /\bprocess[.]env\b/,
  },
  {
    name: 'focused-test',
    why: 'a focused or switched-off test hides the others, or itself',
    applies: isTest,
    pattern: /\b(it|test|describe)(\.\w+)*\.(only|skip|todo)\(|\b(xit|xtest|xdescribe|fit|fdescribe)\(/,
  },
  {
    name: 'machine-path',
    why: 'an absolute path of one machine',
    applies: isText,
    pattern: /(^|[\s"'`(=:])[/](work|root|home|Users)[/][\w.-]/,
  },
  {
    name: 'registry-host',
    why: 'where packages come from is the business of the machine',
    applies: isText,
    pattern: /registry[.](npmjs|yarnpkg)|pypi[.]org|maven[.]org|proxy[.]golang|npmjs[.]org/,
  },
  {
    name: 'lint-escape',
    why: 'a rule is kept, or changed for everybody',
    applies: isCode,
    pattern: /@ts[-](ignore|nocheck)|(eslint|oxlint)[-]disable/,
  },
  {
    name: 'clock-in-pricing',
    why: 'pricing knows no clock: the moment comes with the event',
    applies: (file) => file.startsWith('libs/pricing/src/') && isCode(file) && !isTest(file),
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
  },
];
