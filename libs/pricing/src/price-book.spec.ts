import { describe, expect, test } from '@jest/globals';
import { loadPriceBook } from './load-price-book.js';
import { PriceBook } from './price-book.js';
import { parsePriceTable } from './price-table.js';

const table = (version: string, validFrom: string) => parsePriceTable({ version, validFrom, currency: 'USD', source: 'spec', providers: {} });

describe('the tables that ship with the product', () => {
  const book = loadPriceBook();

  test('are both there, the newest last', () => {
    expect(book.versions).toEqual(['2026-07', '2026-11']);
    expect(book.newest.version).toBe('2026-11');
    expect(book.table('2026-07')?.version).toBe('2026-07');
    expect(book.table('2025-01')).toBeUndefined();
  });

  test.each([
    ['2020-01-01T00:00:00Z', '2026-07'],
    ['2026-07-01T00:00:00Z', '2026-07'],
    ['2026-10-31T23:59:59.999Z', '2026-07'],
    ['2026-11-01T00:00:00Z', '2026-11'],
    ['2026-11-01T00:59:59+01:00', '2026-07'],
    ['2030-01-01T00:00:00Z', '2026-11'],
  ])('at %s the prices of %s hold', (time, version) => {
    expect(book.tableAt(new Date(time)).version).toBe(version);
  });

  test('an invalid date has no price', () => {
    expect(() => book.tableAt(new Date('soon'))).toThrow(RangeError);
  });
});

test('tables may be given in any order', () => {
  const book = PriceBook.of([table('b', '2026-03-01T00:00:00Z'), table('c', '2026-05-01T00:00:00Z'), table('a', '2026-01-01T00:00:00Z')]);
  expect(book.versions).toEqual(['a', 'b', 'c']);
  expect(book.tableAt(new Date('2026-04-01T00:00:00Z')).version).toBe('b');
});

test('a book without tables or with ambiguous ones is refused', () => {
  expect(() => PriceBook.of([])).toThrow('at least one');
  expect(() => PriceBook.of([table('a', '2026-01-01T00:00:00Z'), table('a', '2026-02-01T00:00:00Z')])).toThrow('same version');
  expect(() => PriceBook.of([table('a', '2026-01-01T00:00:00Z'), table('b', '2026-01-01T00:00:00Z')])).toThrow('same time');
});
