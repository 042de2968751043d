import { toExact } from '../exact-number.js';
import type { Exact } from '../exact-number.js';

/** How much of a usage type was used. */
export interface Quantity {
  readonly type: string;
  readonly amount: Exact;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** What came to light while one usage object was read. */
export interface Reading {
  /** The first count that makes no sense. One is enough to make the answer unpriceable: a guess could be wrong by any amount. */
  problem: string | null;
  /** Whether there was any count at all: zeros cost nothing, an empty object says nothing. */
  sawCount: boolean;
  /** What the provider may charge for, and the price table does not or not fully cover. */
  readonly unpricedTypes: string[];
}

export const newReading = (): Reading => ({ problem: null, sawCount: false, unpricedTypes: [] });

const LONGEST_VALUE = 40;
const NAMEABLE = /^[a-z0-9][a-z0-9_.-]*$/;

/** A string as the provider says it, in lower case; empty when it is none. */
export const wordOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, LONGEST_VALUE + 1).trim().toLowerCase() : '');

/** A name for what a provider says in a word: `speed_fast`; the member alone where the word is not fit for a name. */
export const wordName = (member: string, word: string): string => (word.length <= LONGEST_VALUE && NAMEABLE.test(word) ? `${member}_${word}` : member);

/** Notes a word by which the provider says that the price is another one. */
export const noteUnpricedWord = (member: string, word: string, reading: Reading): void => {
  reading.unpricedTypes.push(wordName(member, word));
};

const MOST_UNPRICED_TYPES = 32;
const LONGEST_TYPE = 64;

/** Notes what is found in numbers that nothing bounds: each name once, and not too many. */
export const noteUnpriced = (type: string, { unpricedTypes: types }: Reading): void => {
  if (type.length > 0 && type.length <= LONGEST_TYPE && types.length < MOST_UNPRICED_TYPES && !types.includes(type)) types.push(type);
};

export const objectOf = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

/** Undefined when the count is absent or null, or is no count, which is then the problem. */
export const readCount = (source: JsonObject | undefined, key: string, reading: Reading): Exact | undefined => {
  const value = source?.[key];
  if (value === undefined || value === null) return undefined;
  const amount = toExact(value);
  if (amount === undefined) reading.problem ??= `${key} is not a number between 0 and 2^53`;
  reading.sawCount = true;
  return amount;
};

/** The first of the keys that is present. */
export const readFirstCount = (source: JsonObject | undefined, keys: readonly string[], reading: Reading): Exact | undefined => {
  for (const key of keys) {
    const amount = readCount(source, key, reading);
    if (amount !== undefined) return amount;
  }
  return undefined;
};
