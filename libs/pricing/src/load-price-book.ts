import { readFileSync, readdirSync } from 'node:fs';
import { PriceBook } from './price-book.js';
import { parsePriceFile, priceBookWith } from './price-file.js';
import { parsePriceTableData, toPriceTable } from './price-table.js';
import type { PriceTableData } from './price-table.schema.js';

/** Beside `src` and `dist` alike. */
const dataFolder = new URL('../data/', import.meta.url);

const shippedTables = (): PriceTableData[] =>
  readdirSync(dataFolder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => parsePriceTableData(JSON.parse(readFileSync(new URL(file, dataFolder), 'utf8'))));

/**
 * The price tables that ship with the product, and over them what the deployment's own price file says. Reads the disk; call it once at start.
 * @param priceFile path; none: the shipped prices alone
 * @throws Error when a file cannot be read or is not valid; it names the file and what is wrong
 */
export const loadPriceBook = (priceFile?: string): PriceBook => {
  const tables = shippedTables();
  if (priceFile === undefined) return PriceBook.of(tables.map((data) => toPriceTable(data)));
  return priceBookWith(tables, parsePriceFile(readPriceFile(priceFile), priceFile));
};

const readPriceFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`price file ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
};
