import type { PriceTable } from '../price-table.js';
import type { MultiplesOfModel } from '../usage-multiples.js';
import { shortOf } from '../usage-type.js';
import type { CommunityModel, ModelMultiple, Skip } from './community-model.js';

type Named = Pick<CommunityModel, 'provider' | 'model'>;
type Word = Omit<ModelMultiple, 'percent'>;

/** `-2025-04-14`, `-20251101`, `-0309`. */
const DATE = /-(\d{4}-\d\d-\d\d|\d{8}|\d{4})$/;

/** Part of the output, wherever that is counted. */
const REASONING = 'reasoning_tokens';

/**
 * Leaves out dated models that are new here and lack a price or a multiple which the name without the date has. Answers name the dated model, and so what is charged
 * today, under the name that was asked for, would be free.
 */
export const withoutPoorer = (models: readonly CommunityModel[], table: PriceTable, skip: Skip): CommunityModel[] => {
  const inFile = new Map(models.map((one) => [idOf(one), one]));
  return models.filter((one) => {
    const undated = { provider: one.provider, model: one.model.replace(DATE, '') };
    if (undated.model === one.model || table.has(one.provider, one.model)) return true;
    const missing = missingOf(one, table, undated, inFile.get(idOf(undated)));
    if (missing !== null) skip('entry', `it has no ${missing}, which ${undated.model} has`, one.model);
    return missing === null;
  });
};

/** What the name without the date has, in the table or in the file. */
const missingOf = (one: CommunityModel, table: PriceTable, undated: Named, inFile: CommunityModel | undefined): string | null => {
  const known = table.lookup(undated.provider, undated.model);
  const own = new Set(one.prices.map(({ type }) => type));
  const types = [...(known?.prices.keys() ?? []), ...(inFile?.prices ?? []).map(({ type }) => type)];
  const type = types.find((each) => !own.has(each) && isStandard(each, table, one.provider));
  if (type !== undefined) return `price for ${type}`;
  const multiples = [...wordsOf(known?.multiples ?? new Map()), ...(inFile?.multiples ?? [])];
  const multiple = multiples.find((each) => !hasMultiple(one, each, table));
  return multiple === undefined ? null : `multiple for ${multiple.member} ${multiple.value}`;
};

const idOf = ({ provider, model }: Named): string => JSON.stringify([provider, model]);

const wordsOf = (multiples: MultiplesOfModel): Word[] => [...multiples].flatMap(([member, values]) => [...values.keys()].map((value) => ({ member, value })));

/** Of its own, or with all models of the provider. */
const hasMultiple = ({ provider, multiples }: CommunityModel, { member, value }: Word, table: PriceTable): boolean =>
  multiples.some((own) => own.member === member && own.value === value) || table.rules(provider)!.multiples.get(member)?.has(value) === true;

/** Of no tier, discount, path or multiple: who asks for one of those without a price is charged under the name asked for, or not at all. */
const isStandard = (type: string, table: PriceTable, provider: string): boolean => {
  const short = shortOf(type);
  return short !== REASONING && ![...table.rules(provider)!.suffixes].some((suffix) => short.endsWith(`_${suffix}`));
};
