import type { UsageMultiple } from '../price-table.schema.js';
import type { PriceUnit } from './field-meaning.js';

/** What the file says of one model. */
export interface CommunityModel {
  provider: string;
  model: string;
  prices: readonly ModelPrice[];
  /** In tokens; null: no prices for a long context. */
  longContextThreshold: bigint | null;
  multiples: readonly ModelMultiple[];
}

export type ModelMultiple = Omit<UsageMultiple, 'models'>;

export interface ModelPrice {
  type: string;
  unit: PriceUnit;
  /** For one unit of the usage type. */
  picoUsd: bigint;
}

/** Something that was not taken over, and of whom. */
export interface Skipped {
  /** A field, or `entry`. */
  what: string;
  reason: string;
  names: string[];
}

export type Skip = (what: string, reason: string, name: string) => void;

export interface CommunityPrices {
  models: CommunityModel[];
  skipped: Skipped[];
  /** How many entries there are of each provider that is not served here, by the file's name of it. */
  notServed: ReadonlyMap<string, number>;
}
