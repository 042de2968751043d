import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inRoot } from '../workspace/root.mjs';
import { findForbiddenImports } from './import-rules.mjs';

/**
 * For every rule one import that breaks it, and nothing else: file, what it imports, files that must exist for that.
 * @type {Record<string, [file: string, imported: string, ...others: string[]]>}
 */
const violations = {
  'contract-knows-nobody': ['libs/usage-schema/src/event.ts', '../../pricing/src/index.js', 'libs/pricing/src/index.ts'],
  'pricing-knows-the-contract-only': ['libs/pricing/src/price.ts', '../../budgets/src/index.js', 'libs/budgets/src/index.ts'],
  'pricing-is-pure': ['libs/pricing/src/price.ts', 'node:http'],
  'platform-stays-thin': ['libs/platform/http/src/health.ts', '../../../budgets/src/index.js', 'libs/budgets/src/index.ts'],
  'libs-know-no-app': ['libs/budgets/src/spend.ts', '../../../apps/billing/src/index.js', 'apps/billing/src/index.ts'],
  'apps-stay-apart': ['apps/gateway/src/gateway.ts', '../../billing/src/index.js', 'apps/billing/src/index.ts'],
  'nobody-imports-standalone': ['apps/gateway/src/gateway.ts', '../../standalone/src/index.js', 'apps/standalone/src/index.ts'],
  'relay-knows-no-nest': ['apps/gateway/src/relay/relay.ts', '@nestjs/common'],
  'testing-is-for-tests': ['apps/gateway/src/gateway.ts', '../../../libs/testing/src/index.js', 'libs/testing/src/index.ts'],
  'tests-are-not-imported': ['apps/gateway/src/gateway.ts', './gateway.suite.js', 'apps/gateway/src/gateway.suite.ts'],
  'projects-by-their-entry': ['apps/gateway/src/gateway.ts', '../../../libs/budgets/src/inside.js', 'libs/budgets/src/inside.ts'],
  'no-cycles': ['apps/gateway/src/gateway.ts', './gateway.js'],
  resolvable: ['apps/gateway/src/gateway.ts', './nowhere.js'],
  'no-development-packages': ['apps/gateway/src/gateway.ts', 'fast-check'],
  'packages-are-listed': ['apps/gateway/src/gateway.ts', 'acorn'],
};

describe('the import rules', () => {
  /** @type {string} */
  let folder;

  const write = (/** @type {string} */ file, /** @type {string} */ text) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'import-rules-'));
    symlinkSync(inRoot('node_modules'), path.join(folder, 'node_modules'));
    symlinkSync(inRoot('package.json'), path.join(folder, 'package.json'));
    for (const top of ['apps', 'libs']) mkdirSync(path.join(folder, top));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const brokenRules = async () => (await findForbiddenImports(folder)).map((line) => line.slice(0, line.indexOf(':')));

  it.each(Object.entries(violations))('%s', async (rule, [file, imported, ...others]) => {
    for (const other of others) write(other, 'export const there = 1;\n');
    write(file, `import * as it from '${imported}';\nexport const used = it;\n`);
    expect(await brokenRules()).toContain(rule);
  });

  it('sees imports that are only types, dynamic, or handed on', async () => {
    write('apps/billing/src/index.ts', 'export type Bill = 1;\n');
    write('apps/gateway/src/a.ts', "import type { Bill } from '../../billing/src/index.js';\nexport type B = Bill;\n");
    write('apps/gateway/src/b.ts', "export const load = () => import('../../billing/src/index.js');\n");
    write('apps/gateway/src/c.ts', "export * from '../../billing/src/index.js';\n");
    expect(await brokenRules()).toEqual(['apps-stay-apart', 'apps-stay-apart', 'apps-stay-apart']);
  });

  it('lets the allowed directions pass', async () => {
    for (const lib of ['usage-schema', 'pricing', 'budgets', 'platform/http', 'testing']) write(`libs/${lib}/src/index.ts`, 'export const there = 1;\n');
    write('apps/billing/src/index.ts', "export { there } from '../../../libs/pricing/src/index.js';\n");
    write('apps/standalone/src/main.ts', "export { there } from '../../billing/src/index.js';\n");
    write('libs/budgets/src/spend.ts', "export { there } from '../../platform/http/src/index.js';\n");
    write('libs/budgets/src/spend.spec.ts', "import '../../testing/src/index.js';\n");
    expect(await brokenRules()).toEqual([]);
  });

  it('names every rule of the configuration', async () => {
    const { default: config } = await import(inRoot('.dependency-cruiser.cjs'));
    expect(config.forbidden.map((/** @type {{ name: string }} */ rule) => rule.name).sort()).toEqual(Object.keys(violations).sort());
  });
});
