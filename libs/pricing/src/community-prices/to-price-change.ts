import type { PriceChange, PriceChangeGroup } from '../price-file.schema.js';
import type { PriceDifferences } from './compare-prices.js';
import { groupsOf } from './price-groups.js';

/**
 * What is new or different, as a change for the deployment's price file; models with the same prices share a group.
 * @returns null when there is nothing
 */
export const toPriceChange = ({ models }: PriceDifferences, about: Pick<PriceChange, 'validFrom' | 'source'>): PriceChange | null => {
  const prices: PriceChange['prices'] = {};
  for (const { provider, longContextThreshold: tokens, ...group } of groupsOf(models.map((one) => ({ ...one, longContextThreshold: one.threshold?.tokens ?? null })))) {
    const written: PriceChangeGroup = tokens === null ? group : { ...group, longContextThreshold: Number(tokens) };
    (prices[provider] ??= []).push(written);
  }
  return models.length === 0 ? null : { ...about, prices };
};
