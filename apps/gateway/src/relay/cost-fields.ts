import { type PriceRules, formatUsd, priceUsageAt } from '@llm-proxy/pricing';
import type { UsageEvent } from '@llm-proxy/usage-schema';

const COST = 'x-meshagent-cost-usd';
const BASIS = 'x-meshagent-cost-basis';
const PRICE_VERSION = 'x-meshagent-price-version';

/** Header fields, or trailers, that tell what a call costs. */
export type CostFields = Readonly<Record<string, string>>;

export const COST_FIELD_NAMES: readonly string[] = [COST, BASIS, PRICE_VERSION];

/** For an answer whose usage is not known yet when its last byte goes out. */
export const COST_UNREAD: CostFields = { [COST]: 'unknown', [BASIS]: 'unread' };

/**
 * What will be charged for the call of this event: exact US$, the surcharge included, by the rules of metering. Never a guess: what metering would
 * set aside is `unknown`, and the basis says what is not exact or has no price.
 */
export const costFields = ({ time, data }: UsageEvent, rules: PriceRules): CostFields => {
  const result = priceUsageAt(new Date(time), data, rules);
  if (result.status === 'unpriceable') return { [COST]: 'unknown', [BASIS]: data.measurement === 'missing' ? 'missing' : 'unpriced' };
  const { totalNanoUsd, priceVersion, unpricedTypes } = result.pricing;
  return { [COST]: formatUsd(BigInt(totalNanoUsd)), [BASIS]: unpricedTypes.length > 0 ? 'unpriced' : data.measurement, [PRICE_VERSION]: priceVersion };
};
