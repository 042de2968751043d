import type { PriceTable } from './price-table.js';

/** From when on a table is the one to use. */
export interface PricePeriod {
  /** Milliseconds since 1970; -Infinity: always before the next one. */
  fromMs: number;
  table: PriceTable;
}

/** Dated price tables: which one holds at a given time. */
export class PriceBook {
  /** Oldest first. */
  readonly #periods: readonly PricePeriod[];
  readonly newest: PriceTable;
  /** Oldest first, each once: a table may hold again after another has run out. */
  readonly versions: readonly string[];

  /** @throws Error when there is no table, or two different ones share a version, or two a start */
  private constructor(periods: readonly PricePeriod[]) {
    this.#periods = [...periods].sort((a, b) => a.fromMs - b.fromMs);
    const newest = this.#periods.at(-1);
    if (newest === undefined) throw new Error('a price book needs at least one price table');
    const tables = [...new Set(this.#periods.map(({ table }) => table))];
    this.versions = tables.map(({ version }) => version);
    if (new Set(this.versions).size < tables.length) throw new Error('two price tables have the same version');
    if (new Set(this.#periods.map(({ fromMs }) => fromMs)).size < this.#periods.length) throw new Error('two price tables start at the same time');
    this.newest = newest.table;
  }

  /** Every table from its own start on. */
  static of(tables: Iterable<PriceTable>): PriceBook {
    return PriceBook.ofPeriods([...tables].map((table) => ({ fromMs: table.validFrom.getTime(), table })));
  }

  /** For tables that begin at other times than their data says. */
  static ofPeriods(periods: readonly PricePeriod[]): PriceBook {
    return new PriceBook(periods);
  }

  /**
   * The newest table that is valid at the time; the oldest one when the time is before all of them.
   * @throws RangeError when the time is an invalid date, rather than price with whatever table comes first
   */
  tableAt(time: Date): PriceTable {
    const instant = time.getTime();
    if (Number.isNaN(instant)) throw new RangeError('a price was asked for at an invalid date');
    return (this.#periods.findLast(({ fromMs }) => fromMs <= instant) ?? (this.#periods[0] as PricePeriod)).table;
  }

  table(version: string): PriceTable | undefined {
    return this.#periods.find(({ table }) => table.version === version)?.table;
  }
}
