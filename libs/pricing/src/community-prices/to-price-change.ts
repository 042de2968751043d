import type { PriceChange, PriceChangeGroup } from '../price-file.schema.js';
import type { UsageMultiple } from '../price-table.schema.js';
import type { ModelDifference, PriceDifferences } from './compare-prices.js';
import { groupsOf } from './price-groups.js';

/**
 * What is new or different, as a change for the deployment's price file; models with the same prices share a group.
 * @returns null when there is nothing
 */
export const toPriceChange = ({ models }: PriceDifferences, about: Pick<PriceChange, 'validFrom' | 'source'>): PriceChange | null => {
  const prices: PriceChange['prices'] = {};
  const priced = models.filter((one) => one.prices.length > 0 || one.threshold !== null);
  for (const { provider, models: names, perMillionUsd, perUnitUsd, longContextThreshold: tokens } of groupsOf(priced.map(withoutMultiples))) {
    const group: PriceChangeGroup = { models: names, perMillionUsd, perUnitUsd };
    (prices[provider] ??= []).push(tokens === null ? group : { ...group, longContextThreshold: Number(tokens) });
  }
  const multiples = multiplesOf(models);
  if (models.length === 0) return null;
  return Object.keys(multiples).length === 0 ? { ...about, prices } : { ...about, prices, multiples };
};

const withoutMultiples = (one: ModelDifference) => ({ ...one, longContextThreshold: one.threshold?.tokens ?? null, multiples: [] });

/** Models with the same multiple share an entry. */
const multiplesOf = (models: readonly ModelDifference[]): NonNullable<PriceChange['multiples']> => {
  const found = new Map<string, { provider: string; multiple: UsageMultiple & { models: string[] } }>();
  for (const { provider, model, multiples } of models) {
    for (const { member, value, percent } of multiples) {
      const key = JSON.stringify([provider, member, value, percent]);
      const same = found.get(key);
      if (same === undefined) found.set(key, { provider, multiple: { member, value, percent, models: [model] } });
      else same.multiple.models.push(model);
    }
  }
  const byProvider: NonNullable<PriceChange['multiples']> = {};
  for (const { provider, multiple } of found.values()) (byProvider[provider] ??= []).push(multiple);
  return byProvider;
};
