import { formatPicoUsd } from '../money.js';
import type { ModelMultiple, ModelPrice } from './community-model.js';
import type { PriceUnit } from './field-meaning.js';

const MILLION = 1_000_000n;

/** US$ for a million, or for one where the type is charged by the piece. */
export const usdOf = (picoUsd: bigint, unit: PriceUnit): string => formatPicoUsd(picoUsd, unit === 'perMillionUsd' ? MILLION : 1n);

interface OfModel {
  provider: string;
  model: string;
  prices: readonly ModelPrice[];
  longContextThreshold: bigint | null;
  multiples: readonly ModelMultiple[];
}

/** Models of a provider with the same prices and multiples, whatever the order of the prices was. */
export interface PriceGroup {
  provider: string;
  models: string[];
  perMillionUsd: Record<string, string>;
  perUnitUsd: Record<string, string>;
  longContextThreshold: bigint | null;
  multiples: readonly ModelMultiple[];
}

export const groupsOf = (models: readonly OfModel[]): PriceGroup[] => {
  const groups = new Map<string, PriceGroup>();
  for (const { provider, model, prices, longContextThreshold, multiples } of models) {
    const perUnit = (unit: PriceUnit) => Object.fromEntries(inOrder(prices.filter((price) => price.unit === unit)).map(({ type, picoUsd }) => [type, usdOf(picoUsd, unit)]));
    const group = { provider, models: [model], perMillionUsd: perUnit('perMillionUsd'), perUnitUsd: perUnit('perUnitUsd'), longContextThreshold, multiples };
    const key = JSON.stringify([provider, group.perMillionUsd, group.perUnitUsd, String(longContextThreshold), multiples.map(({ member, value, percent }) => [member, value, percent])]);
    const same = groups.get(key);
    if (same === undefined) groups.set(key, group);
    else same.models.push(model);
  }
  return [...groups.values()];
};

const inOrder = (prices: readonly ModelPrice[]): ModelPrice[] => [...prices].sort((a, b) => (a.type < b.type ? -1 : 1));
