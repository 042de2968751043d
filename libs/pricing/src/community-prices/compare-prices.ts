import type { PriceTable } from '../price-table.js';
import type { PricedModel, ProviderRules } from '../priced-model.js';
import { isLongType, LONG } from '../usage-type.js';
import type { CommunityModel, ModelMultiple, ModelPrice } from './community-model.js';

/** A price that the table does not have, or has otherwise. */
export interface PriceDifference extends ModelPrice {
  /** Null: the table has none. */
  oldPicoUsd: bigint | null;
}

/** From how many tokens on a context is long. */
export interface ThresholdDifference {
  tokens: bigint;
  /** Null: no context of the model is long in the table. */
  oldTokens: bigint | null;
}

/** A multiple that the table does not have, or has otherwise. */
export interface MultipleDifference extends ModelMultiple {
  /** Null: the table has none. */
  oldPercent: bigint | null;
}

/** What of one model is not as the table has it. */
export interface ModelDifference {
  provider: string;
  model: string;
  /** Whether the table knows nothing of it yet. */
  isNew: boolean;
  prices: readonly PriceDifference[];
  threshold: ThresholdDifference | null;
  multiples: readonly MultipleDifference[];
}

export interface PriceDifferences {
  /** Version of the table that was compared with. */
  priceVersion: string;
  models: readonly ModelDifference[];
  /** How many prices and multiples are as the table has them, or as it makes them of the others. */
  unchanged: number;
}

/** What the file would change about a table. Prices that only the table has stay as they are, and are not mentioned. */
export const comparePrices = (table: PriceTable, models: readonly CommunityModel[]): PriceDifferences => {
  const compared = models.map((one) => differenceOf(table, one));
  const count = (all: readonly { prices: readonly unknown[]; multiples: readonly unknown[] }[]) => all.reduce((sum, { prices, multiples }) => sum + prices.length + multiples.length, 0);
  const isDifferent = ({ prices, threshold, multiples }: ModelDifference) => prices.length + multiples.length > 0 || threshold !== null;
  return { priceVersion: table.version, models: compared.filter(isDifferent), unchanged: count(models) - count(compared) };
};

const differenceOf = (table: PriceTable, community: CommunityModel): ModelDifference => {
  const { provider, model, prices } = community;
  const known = table.lookup(provider, model);
  const rules = table.rules(provider)!;
  const different = prices
    .filter((price) => !isAsGiven(price, known) && !isDiscountOf(prices, price, known, rules))
    .map((price) => ({ ...price, oldPicoUsd: known?.prices.get(price.type) ?? null }));
  return { provider, model, isNew: known === undefined, prices: different, threshold: thresholdDifference(community, known, rules), multiples: multipleDifferences(community, known, rules) };
};

/** A price that the table makes of the standard one is none that was given: it changes with that. */
const isAsGiven = ({ type, picoUsd }: ModelPrice, known: PricedModel | undefined): boolean => known?.prices.get(type) === picoUsd && !known.discounted.has(type);

/** Whether the table makes this price of the standard one by itself. Written down, it would stay when the standard one changes. */
const isDiscountOf = (prices: readonly ModelPrice[], { type, picoUsd }: ModelPrice, known: PricedModel | undefined, { discounts }: ProviderRules): boolean => {
  if (known?.prices.has(type) && !known.discounted.has(type)) return false;
  const long = isLongType(type) ? `_${LONG}` : '';
  const short = type.slice(0, type.length - long.length);
  return [...discounts].some(([suffix, percent]) => {
    if (!short.endsWith(`_tokens_${suffix}`)) return false;
    const standardType = short.slice(0, -suffix.length - 1) + long;
    const standard = prices.find((price) => price.type === standardType)?.picoUsd ?? known?.prices.get(standardType);
    return standard !== undefined && standard * percent === picoUsd * 100n;
  });
};

const multipleDifferences = ({ multiples }: CommunityModel, known: PricedModel | undefined, rules: ProviderRules): MultipleDifference[] =>
  multiples
    .map((one) => ({ ...one, oldPercent: (known?.multiples ?? rules.multiples).get(one.member)?.get(one.value) ?? null }))
    .filter(({ percent, oldPercent }) => oldPercent !== BigInt(percent));

const thresholdDifference = ({ longContextThreshold: tokens }: CommunityModel, known: PricedModel | undefined, rules: ProviderRules): ThresholdDifference | null => {
  if (tokens === null) return null;
  const isPriced = [...(known?.prices.keys() ?? [])].some(isLongType);
  const oldTokens = isPriced ? (known!.longContext?.threshold ?? null) : null;
  // A model that is given its first prices for a long context has the provider's threshold by itself.
  return tokens === (isPriced ? oldTokens : (known?.longContext?.threshold ?? rules.longContextThreshold)) ? null : { tokens, oldTokens };
};
