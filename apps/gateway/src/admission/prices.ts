import type { PriceBook, PriceTable } from '@llm-proxy/pricing';

const CHECK_EVERY_MS = 60_000;

/** The price table of the moment. A new table's first day is noticed within a minute. */
export class CurrentPrices {
  private table: PriceTable;
  private checkedAtMs: number;

  constructor(
    private readonly book: PriceBook,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.checkedAtMs = nowMs();
    this.table = book.tableAt(new Date(this.checkedAtMs));
  }

  current(): PriceTable {
    const now = this.nowMs();
    if (now - this.checkedAtMs > CHECK_EVERY_MS) {
      this.checkedAtMs = now;
      this.table = this.book.tableAt(new Date(now));
    }
    return this.table;
  }
}
