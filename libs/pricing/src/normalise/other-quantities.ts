import type { PricedModel } from '../priced-model.js';
import { noteUnpriced, objectOf, readCount } from './quantity.js';
import type { JsonObject, Quantity, Reading } from './quantity.js';

/** Reported beside the charged counts, and never charged by themselves: sums, parts of other counts, what is free. */
const informationOnly = new Set([
  'total_tokens',
  'reasoning_tokens',
  'accepted_prediction_tokens',
  'rejected_prediction_tokens',
  'web_fetch_requests',
  'cost_in_usd_ticks',
]);

const isReported = (value: unknown): boolean => typeof value === 'number' && value > 0;

/**
 * What a provider reports beyond the counts that its rule knows, at the top and one level down: priced if the table can, else
 * noted as unpriced, so that a new kind of charge is seen and not silently free.
 * @param known keys that the provider's rule has dealt with, the objects that break those counts down among them
 */
export const otherQuantities = (usage: JsonObject, known: ReadonlySet<string>, model: PricedModel, reading: Reading): Quantity[] => {
  const found: Quantity[] = [];
  const take = (source: JsonObject, key: string) => {
    if (known.has(key) || informationOnly.has(key) || !isReported(source[key])) return;
    if (!model.prices.has(key)) return noteUnpriced(key, reading);
    const amount = found.some(({ type }) => type === key) ? undefined : readCount(source, key, reading);
    if (amount !== undefined) found.push({ type: key, amount });
  };
  for (const key of Object.keys(usage)) {
    const nested = known.has(key) ? undefined : objectOf(usage[key]);
    if (nested === undefined) take(usage, key);
    else for (const nestedKey of Object.keys(nested)) take(nested, nestedKey);
  }
  return found;
};
