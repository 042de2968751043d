import { shortOf } from '../usage-type.js';
import type { ModelPrice } from './community-model.js';
import type { LongStart } from './field-meaning.js';

/** One price of an entry. */
export interface EntryPrice extends ModelPrice {
  /** Null but for prices of a long context. */
  long: LongStart | null;
}

interface LongPrices {
  start: LongStart;
  prices: EntryPrice[];
}

/**
 * The prices of an entry, with at most one beginning of a long context. Where prices that begin elsewhere are those of a short one, they are left out.
 * @param threshold of the provider, in tokens
 * @returns the reason when that would charge less than the entry says: then nothing of it may be taken
 */
export const withOneThreshold = (prices: readonly EntryPrice[], threshold: bigint | null): { prices: EntryPrice[]; longContextThreshold: bigint | null } | { reason: string } => {
  const starts = longPricesOf(prices);
  const short = new Map(prices.filter(({ long }) => long === null).map(({ type, picoUsd }) => [type, picoUsd]));
  const different = starts.filter((one) => one.prices.some(({ type, picoUsd }) => short.get(shortOf(type)) !== picoUsd));
  if (different.length > 1) return { reason: `it has prices for more than one long context: ${different.map(({ start }) => nameOf(start)).join(', ')}` };
  const kept = different[0] ?? starts.find(({ start }) => 'tokens' in start && start.tokens === threshold) ?? starts.find(({ start }) => 'tokens' in start);
  const others = prices.filter(({ long }) => long === null);
  if (kept === undefined) return { prices: others, longContextThreshold: null };
  return 'reason' in kept.start ? kept.start : { prices: [...others, ...kept.prices], longContextThreshold: kept.start.tokens };
};

const nameOf = (start: LongStart): string => ('tokens' in start ? `above ${start.tokens.toLocaleString('en-US')} tokens` : start.reason);

const longPricesOf = (prices: readonly EntryPrice[]): LongPrices[] => {
  const byStart = new Map<string, LongPrices>();
  for (const price of prices) {
    if (price.long === null) continue;
    const key = nameOf(price.long);
    const known = byStart.get(key);
    if (known === undefined) byStart.set(key, { start: price.long, prices: [price] });
    else known.prices.push(price);
  }
  return [...byStart.values()];
};
