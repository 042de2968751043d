import type { PriceTable } from '../price-table.js';
import { shortOf } from '../usage-type.js';
import type { CommunityModel, Skip } from './community-model.js';

/** `-2025-04-14`, `-20251101`, `-0309`. */
const DATE = /-(\d{4}-\d\d-\d\d|\d{8}|\d{4})$/;

/** Part of the output, wherever that is counted. */
const REASONING = 'reasoning_tokens';

/**
 * Leaves out dated models that are new here and lack a price which the name without the date has. Answers name the dated model, and so what is charged
 * today, under the name that was asked for, would be free.
 */
export const withoutPoorer = (models: readonly CommunityModel[], table: PriceTable, skip: Skip): CommunityModel[] => {
  const inFile = new Map(models.map((one) => [idOf(one), one]));
  return models.filter((one) => {
    const undated = { provider: one.provider, model: one.model.replace(DATE, '') };
    if (undated.model === one.model || table.has(one.provider, one.model)) return true;
    const own = new Set(one.prices.map(({ type }) => type));
    const needed = [...(table.lookup(undated.provider, undated.model)?.prices.keys() ?? []), ...(inFile.get(idOf(undated))?.prices.map(({ type }) => type) ?? [])];
    const missing = needed.find((type) => !own.has(type) && isStandard(type, table, one.provider));
    if (missing !== undefined) skip('entry', `it has no price for ${missing}, which ${undated.model} has`, one.model);
    return missing === undefined;
  });
};

const idOf = ({ provider, model }: Pick<CommunityModel, 'provider' | 'model'>): string => JSON.stringify([provider, model]);

/** Of no tier, discount, path or multiple: who asks for one of those without a price is charged under the name asked for, or not at all. */
const isStandard = (type: string, table: PriceTable, provider: string): boolean => {
  const short = shortOf(type);
  return short !== REASONING && ![...table.rules(provider)!.suffixes].some((suffix) => short.endsWith(`_${suffix}`));
};
