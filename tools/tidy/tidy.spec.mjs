import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findUntidy } from './find-untidy.mjs';
import { MAX_FILE_LINES } from './line-findings.mjs';

// The samples are put together from parts, so that this file is tidy itself.
const environment = ['process', 'env', 'PORT'].join('.');
const lines = (/** @type {number} */ count) => 'export {};\n'.repeat(count);
const longFunction = (/** @type {number} */ count) => `export const long = () => {\n${'  void 0;\n'.repeat(count - 2)}};\n`;

/**
 * A tree that breaks the rule, and one that is close but fine.
 * @type {[rule: string, bad: Record<string, string>, good: Record<string, string>][]}
 */
const samples = [
  ['environment', { 'apps/a/src/main.ts': `export const port = ${environment};\n` }, { 'apps/a/src/a.config.ts': `export const port = ${environment};\n`, 'bench/a.mjs': `void ${environment};\n` }],
  ['focused-test', { 'libs/a/src/a.spec.ts': `${'it'}.only('x', () => undefined);\n` }, { 'libs/a/src/a.spec.ts': `describe('x', () => undefined);\n` }],
  ['focused-test', { 'libs/a/src/a.spec.ts': `${'x'}it('x', () => undefined);\n` }, { 'libs/a/src/a.ts': `export const f = (it: { skip(): void }) => ${'it'}.skip();\n` }],
  ['machine-path', { 'docs/a.md': `See \`/${'work'}/x\`.\n` }, { 'docs/a.md': 'The route /work-orders/x, and apps/work/x.\n' }],
  ['registry-host', { 'a.yaml': `host: registry.${'npmjs'}.org\n` }, { 'a.yaml': 'host: registry.example.com\n' }],
  ['lint-escape', { 'libs/a/src/a.ts': `// @ts-${'ignore'}\nexport {};\n` }, { 'libs/a/src/a.ts': '// ignored\nexport {};\n' }],
  ['clock-in-pricing', { 'libs/pricing/src/a.ts': 'export const now = Date.now();\n' }, { 'libs/budgets/src/a.ts': 'export const now = Date.now();\n', 'libs/pricing/src/b.ts': 'export const day = new Date(0);\n' }],
  ['file-length', { 'libs/a/src/a.ts': lines(MAX_FILE_LINES + 1) }, { 'libs/a/src/a.ts': lines(MAX_FILE_LINES), 'data.json': `[\n${'1,\n'.repeat(500)}1]\n` }],
  ['function-length', { 'libs/a/src/a.ts': longFunction(71) }, { 'libs/a/src/a.ts': longFunction(70) }],
  ['function-length', { 'libs/a/src/a.spec.ts': longFunction(71) }, { 'libs/a/src/a.spec.ts': `describe('x', () => {\n${'  it("y", () => undefined);\n'.repeat(80)}});\n` }],
  ['any', { 'libs/a/src/a.ts': `export const f = (x: ${'any'}) => x;\n` }, { 'libs/a/src/a.ts': '// any\nexport const f = (any: unknown) => any;\n' }],
  ['dead-link', { 'README.md': '[a](docs/a.md)\n' }, { 'README.md': '[a](docs/a.md#the-end) [b](https://example.com/nothing) `[c](d)`\n', 'docs/a.md': '# The end\n' }],
  ['dead-link', { 'README.md': '# Top\n[a](#bottom)\n' }, { 'README.md': '# Top\n[a](#top)\n```md\n[a](nowhere)\n```\n' }],
];

describe('the tidy check', () => {
  /** @type {string} */
  let folder;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidy-'));
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (/** @type {Record<string, string>} */ files) => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
  };
  const rulesBroken = async (/** @type {import('./findings.mjs').Exception[]} */ exceptions = []) => (await findUntidy(folder, exceptions)).map(({ rule }) => rule);

  it.each(samples)('finds %s', async (rule, bad) => {
    write(bad);
    expect(await rulesBroken()).toEqual([rule]);
  });

  it.each(samples)('finds no %s where there is none', async (_, __, good) => {
    write(good);
    expect(await rulesBroken()).toEqual([]);
  });

  it('leaves out what git ignores', async () => {
    write({ '.gitignore': 'dist/\n', 'dist/a.md': '[a](nowhere)\n' });
    expect(await rulesBroken()).toEqual([]);
  });

  describe('exceptions', () => {
    const exception = { rule: 'dead-link', file: 'README.md', subject: 'later.md', reason: 'comes with the next release' };

    it('excuse what they name, and nothing else', async () => {
      write({ 'README.md': '[a](later.md) [b](never.md)\n' });
      const findings = await findUntidy(folder, [exception]);
      expect(findings.map(({ message }) => message)).toEqual(['never.md leads nowhere']);
    });

    it('go when nothing needs them', async () => {
      write({ 'README.md': 'No links.\n' });
      expect(await rulesBroken([exception])).toEqual(['exceptions']);
    });

    it('need a reason', async () => {
      write({ 'README.md': '[a](later.md)\n' });
      expect(await rulesBroken([{ ...exception, reason: ' ' }])).toEqual(['exceptions']);
    });
  });
});
