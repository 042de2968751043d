import { existsSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { comparePrices, formatPriceReport, loadPriceBook, parsePriceFile, type PriceChange, type PriceFile, readCommunityPrices, toPriceChange } from '@llm-proxy/pricing';

/** What was asked for makes no sense; the message says how it is asked. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface ImportRequest {
  /** Path, or `-` for standard input. */
  source: string;
  provider: string | null;
  /** Where the price file with the differences is to be written; null: only the report. */
  write: string | null;
  /** From when on the differences hold. */
  validFrom: Date;
  /** Name of a price file that is made anew. */
  name: string;
}

const USAGE = `Usage: npm run prices -- import <file|-> [--provider <name>] [--write <price file>] [--from <instant>] [--name <name>]
  Shows what LiteLLM's model_prices_and_context_window.json would change about the active prices: those that ship
  with the product, and PRICE_FILE. Nothing is changed without --write.
  --provider  only this one, e.g. openai
  --write     writes PRICE_FILE with the differences added as one change; a new file when PRICE_FILE is unset
  --from      from when on they hold, e.g. 2026-12-01T00:00:00Z; now when not given
  --name      name of a new price file, part of the price versions it makes; "deployment" when not given`;
const LARGEST_FILE = 64 * 1024 * 1024;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

/** @throws UsageError */
export const parsePricesArguments = (args: readonly string[], now: Date): ImportRequest => {
  const { positionals, values } = parsed(args);
  const [command, source, ...more] = positionals;
  if (command !== 'import' || source === undefined || more.length > 0) throw new UsageError(USAGE);
  if (values.from !== undefined && (!INSTANT.test(values.from) || Number.isNaN(Date.parse(values.from)))) throw new UsageError(`--from ${values.from} is no instant such as 2026-12-01T00:00:00Z`);
  const validFrom = values.from === undefined ? now : new Date(values.from);
  return { source, provider: values.provider ?? null, write: values.write ?? null, validFrom, name: values.name ?? 'deployment' };
};

const parsed = (args: readonly string[]) => {
  const options = { provider: { type: 'string' }, write: { type: 'string' }, from: { type: 'string' }, name: { type: 'string' } } as const;
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`, { cause: error });
  }
};

/**
 * Compares, and writes when that is asked for.
 * @param priceFile the active one
 * @returns the report
 * @throws UsageError; Error when a file cannot be read or written, or is not what it should be
 */
export const runPrices = (request: ImportRequest, priceFile: string | undefined): string => {
  const { source, provider, write, validFrom, name } = request;
  const table = loadPriceBook(priceFile).tableAt(validFrom);
  if (provider !== null && !table.hasProvider(provider)) throw new UsageError(`There are no prices of a provider "${provider}".`);
  if (write !== null) assertMayWrite(write, priceFile);
  const community = readCommunityPrices(read(source), table, provider);
  const differences = comparePrices(table, community.models);
  const report = formatPriceReport(differences, community);
  const change = toPriceChange(differences, { validFrom: validFrom.toISOString(), source: `imported from ${source === '-' ? 'standard input' : source}`.slice(0, 500) });
  if (write === null) return report;
  if (change === null) return `${report}\nNothing to write.`;
  writePriceFile(write, withChange(priceFile, name, change));
  return `${report}\nWritten to ${write}. Set PRICE_FILE to it for gateway, metering and accounts-api alike, and start them anew.`;
};

const read = (source: string): string => {
  // 0 is standard input.
  const file = source === '-' ? 0 : source;
  if (file !== 0 && statSync(file).size > LARGEST_FILE) throw new Error(`${file} is larger than ${LARGEST_FILE} bytes`);
  return readFileSync(file, 'utf8');
};

/** Another file would be lost, or become a price file without the prices of the active one. */
const assertMayWrite = (path: string, priceFile: string | undefined): void => {
  if (!existsSync(path) || (priceFile !== undefined && realpathSync(path) === realpathSync(priceFile))) return;
  throw new UsageError(`${path} exists and is not PRICE_FILE; name another file, or set PRICE_FILE to this one to add to it.`);
};

const withChange = (priceFile: string | undefined, name: string, change: PriceChange): PriceFile => {
  const active = priceFile === undefined ? { name, currency: 'USD' as const, changes: [], adjustments: [] } : parsePriceFile(readFileSync(priceFile, 'utf8'), priceFile);
  return { ...active, changes: [...active.changes, change] };
};

/** Checked before it takes the place of a file that services read. */
const writePriceFile = (path: string, file: PriceFile): void => {
  const draft = `${path}.${process.pid}.draft`;
  try {
    writeFileSync(draft, `${JSON.stringify(file, null, 2)}\n`, { flag: 'wx' });
    loadPriceBook(draft);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
};
