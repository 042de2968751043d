import type { UsageData } from '@llm-proxy/usage-schema';
import type { UsageFacts } from './normalise/normalise-usage.js';
import { adjustmentsAt } from './price-adjustment.js';
import type { PriceBook } from './price-book.js';
import { type PricedResult, priceUsage } from './price-usage.js';

/** What a deployment charges by. */
export interface PriceRules {
  priceBook: PriceBook;
  /** Hundredths of a percent: 500 is 5 %. */
  surchargeBasisPoints: number;
}

/**
 * Prices one answer with the table and the project's adjustments that hold at the time of its event. The one way to a bill: whoever tells what an
 * answer costs asks here.
 * @param time of the event: a late or repeated one is priced as the first was
 */
export const priceUsageAt = (
  time: Date,
  data: UsageFacts & Pick<UsageData, 'providerKey' | 'priceAdjustments'>,
  { priceBook, surchargeBasisPoints }: PriceRules,
): PricedResult => {
  const projectAdjustments = adjustmentsAt(data.priceAdjustments ?? [], time);
  return priceUsage(priceBook.tableAt(time), data, { surchargeBasisPoints, projectAdjustments });
};
