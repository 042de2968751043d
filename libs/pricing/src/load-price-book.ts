import { readFileSync, readdirSync } from 'node:fs';
import { PriceBook } from './price-book.js';
import { parsePriceTable } from './price-table.js';

/** Beside `src` and `dist` alike. */
const dataFolder = new URL('../data/', import.meta.url);

/**
 * The price tables that ship with the product: every JSON file of the data folder. Reads the disk; call it once at start.
 * @throws Error when a file is not a valid price table
 */
export const loadPriceBook = (): PriceBook => {
  const files = readdirSync(dataFolder).filter((file) => file.endsWith('.json'));
  return new PriceBook(files.map((file) => parsePriceTable(JSON.parse(readFileSync(new URL(file, dataFolder), 'utf8')))));
};
