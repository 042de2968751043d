import type { PriceTable } from './price-table.js';

/** Dated price tables: which one holds at a given time. */
export class PriceBook {
  /** Oldest first. */
  readonly #tables: readonly PriceTable[];
  readonly newest: PriceTable;
  /** Oldest first. */
  readonly versions: readonly string[];

  /** @throws Error when there is no table, or two of them share a version or a start */
  constructor(tables: Iterable<PriceTable>) {
    this.#tables = [...tables].sort((a, b) => a.validFrom.getTime() - b.validFrom.getTime());
    this.versions = this.#tables.map((table) => table.version);
    const newest = this.#tables.at(-1);
    if (newest === undefined) throw new Error('a price book needs at least one price table');
    if (new Set(this.versions).size < this.versions.length) throw new Error('two price tables have the same version');
    if (new Set(this.#tables.map((table) => table.validFrom.getTime())).size < this.#tables.length) throw new Error('two price tables start at the same time');
    this.newest = newest;
  }

  /**
   * The newest table that is valid at the time; the oldest one when the time is before all of them.
   * @throws RangeError when the time is an invalid date, rather than price with whatever table comes first
   */
  tableAt(time: Date): PriceTable {
    const instant = time.getTime();
    if (Number.isNaN(instant)) throw new RangeError('a price was asked for at an invalid date');
    return this.#tables.findLast((table) => table.validFrom.getTime() <= instant) ?? (this.#tables[0] as PriceTable);
  }

  table(version: string): PriceTable | undefined {
    return this.#tables.find((table) => table.version === version);
  }
}
