import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadPriceBook } from '@llm-proxy/pricing';
import { parsePricesArguments, runPrices, UsageError } from './run-prices.js';

const FIXTURE = fileURLToPath(new URL('../../../../libs/pricing/fixtures/community-prices.json', import.meta.url));
const NOW = new Date('2026-11-22T10:00:00Z');
const FROM = '2026-12-01T00:00:00Z';

describe('prices import', () => {
  const root = mkdtempSync(join(tmpdir(), 'prices-command-'));
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'run-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const run = (args: string[], priceFile?: string) => runPrices(parsePricesArguments(['import', ...args], NOW), priceFile);
  const at = (path: string, time: string) => loadPriceBook(path).tableAt(new Date(time));

  it('shows what would change, and changes nothing', () => {
    expect(run([FIXTURE])).toMatch(/^Compared with prices 2026-11:\nchanged: 2\n[^]*\(\+12\.5%\)\n[^]*\nadded: 44 \(8 new models\)\n[^]*\nunchanged: 33\nskipped:\n/);
    expect(run([FIXTURE, '--provider', 'grok'])).toMatch(/^Compared with prices 2026-11:\nchanged: 1\n[^]*\nunchanged: 7\nskipped:\n.*grok-voice-9\)$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes a price file that holds from its day on, and then finds nothing new', () => {
    const file = join(folder, 'prices.json');
    expect(run([FIXTURE, '--write', file, '--from', FROM, '--name', 'acme'])).toContain(`Written to ${file}`);
    expect(at(file, '2026-11-30T23:59:59Z').version).toBe('2026-11');
    const table = at(file, FROM);
    expect(table.version).toMatch(/^2026-11\+acme\./);
    expect(table.unitPricePicoUsd('openai', 'gpt-9-2026-12-01', 'input_tokens_flex_long')).toBe(1_250_000n);
    expect(table.unitPricePicoUsd('openai', 'gpt-4.1', 'output_tokens')).toBe(9_000_000n);
    expect(table.unitPricePicoUsd('openai', 'gpt-4.1', 'input_tokens')).toBe(2_000_000n);
    expect(table.unitPricePicoUsd('anthropic', 'claude-opus-4-8', 'output_tokens_us_fast')).toBe(55_000_000n);
    expect([table.lookup('anthropic', 'claude-haiku-9'), table.lookup('grok', 'grok-build-0.1')].map((model) => model?.longContext?.threshold)).toEqual([100_000n, 128_000n]);
    const before = readFileSync(file, 'utf8');
    expect(run([FIXTURE, '--write', file, '--from', '2026-12-02T00:00:00Z'], file)).toMatch(/changed: 0\nadded: 0 \(0 new models\)\nunchanged: 78\n[^]*Nothing to write\.$/);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['prices.json']);
  });

  it('adds to the active price file, and keeps what is in it', () => {
    const file = join(folder, 'prices.json');
    const kept = { name: 'acme', currency: 'USD', changes: [{ validFrom: '2026-11-10T00:00:00Z', source: 'contract', prices: { openai: [{ models: ['gpt-4.1'], perMillionUsd: { output_tokens: '7' } }] } }], adjustments: [{ percent: '3' }] };
    writeFileSync(file, JSON.stringify(kept));
    expect(run([FIXTURE, '--write', file, '--provider', 'openai'], file)).toContain('gpt-4.1 output_tokens: 7 -> 9 US$ a million');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ name: 'acme', adjustments: kept.adjustments, changes: [{ source: 'contract' }, { validFrom: '2026-11-22T10:00:00.000Z', source: `imported from ${FIXTURE}` }] });
    expect(at(file, '2026-11-11T00:00:00Z').unitPricePicoUsd('openai', 'gpt-4.1', 'output_tokens')).toBe(7_000_000n);
    expect(at(file, '2026-11-23T00:00:00Z').unitPricePicoUsd('openai', 'gpt-4.1', 'output_tokens')).toBe(9_000_000n);
  });

  it('does not write over a file that is not the active one', () => {
    const other = join(folder, 'other.json');
    copyFileSync(FIXTURE, other);
    expect(() => run([FIXTURE, '--write', other])).toThrow(UsageError);
    expect(readFileSync(other, 'utf8')).toBe(readFileSync(FIXTURE, 'utf8'));
  });

  it('leaves the active price file as it is when the new one would not be valid', () => {
    const file = join(folder, 'prices.json');
    expect(() => run([FIXTURE, '--write', file, '--name', 'not a name'])).toThrow(/name/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([[[]], [['import']], [['import', 'a', 'b']], [['export', 'a']], [['import', 'a', '--from', 'tomorrow']], [['import', 'a', '--from', '2026-13-01T00:00:00Z']], [['import', 'a', '--wirte', 'x']]])('%j is no request', (args) => {
    expect(() => parsePricesArguments(args, NOW)).toThrow(UsageError);
  });

  it('says what is wrong with files and providers', () => {
    writeFileSync(join(folder, 'bad.json'), 'gpt-4: 3');
    expect(() => run([join(folder, 'bad.json')])).toThrow(/the file is not JSON/);
    expect(() => run([join(folder, 'none.json')])).toThrow(/none\.json/);
    expect(() => run([FIXTURE, '--provider', 'bedrock'])).toThrow(/no prices of a provider "bedrock"/);
    expect(() => run([FIXTURE], join(folder, 'none.json'))).toThrow(/price file .*none\.json cannot be read/);
  });
});
