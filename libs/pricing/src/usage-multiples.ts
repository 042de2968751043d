import type { UsageMultiple } from './price-table.schema.js';
import { isTokenType, shortOf, withSuffix } from './usage-type.js';

/** What one model is charged by what its usage object says: member, then value, then the percentage of the token prices. Members in alphabetical order. */
export type MultiplesOfModel = ReadonlyMap<string, ReadonlyMap<string, bigint>>;

/** A multiple that changes nothing: it says that the value is charged at the prices that there are. */
export const UNCHANGED = 100n;

/**
 * One that names the model is closer than one for all models of the provider.
 * @param model null: one that nobody names
 */
export const multiplesOf = (multiples: readonly UsageMultiple[], model: string | null): MultiplesOfModel => {
  const forAll = multiples.filter(({ models }) => models === undefined);
  const own = multiples.filter(({ models }) => model !== null && models?.includes(model));
  const byMember = new Map<string, Map<string, bigint>>();
  for (const { member, value, percent } of [...forAll, ...own]) {
    const values = byMember.get(member) ?? new Map<string, bigint>();
    byMember.set(member, values.set(value, BigInt(percent)));
  }
  return new Map([...byMember].sort(([a], [b]) => (a < b ? -1 : 1)));
};

/**
 * Adds `<type>_<value>` for every token price, whatever its tier or discount, e.g. `input_tokens_batch_fast_long`; where there are several members, also one after
 * the other. A price of that name in the data is kept.
 * @param suffixes that prices of the provider have besides
 */
export const withMultiples = (prices: ReadonlyMap<string, bigint>, multiples: MultiplesOfModel, suffixes: Iterable<string>, model: string): Map<string, bigint> => {
  const all = new Map(prices);
  const endings = ['_tokens', ...[...suffixes].map((suffix) => `_${suffix}`)];
  for (const [member, values] of multiples) {
    const standard = [...all].filter(([type]) => isTokenType(type) && endings.some((ending) => shortOf(type).endsWith(ending)));
    for (const [value, percent] of values) {
      for (const [type, price] of percent === UNCHANGED ? [] : standard) {
        const charged = withSuffix(type, value);
        if (all.has(charged)) continue;
        if ((price * percent) % 100n !== 0n) throw new Error(`${percent} % of ${type} of ${model}, for ${member} ${value}, is not a whole number of pico-dollars per unit`);
        all.set(charged, (price * percent) / 100n);
      }
    }
    endings.push(...[...values.keys()].map((value) => `_${value}`));
  }
  return all;
};

/**
 * @param suffixes that prices of the provider have besides
 * @param isPriced whether a model has a token price
 * @throws Error for a multiple that is said twice, that no price uses, or whose suffix would be that of other prices
 */
export const assertMultiples = (multiples: readonly UsageMultiple[], suffixes: ReadonlySet<string>, isPriced: (model: string) => boolean): void => {
  const memberOf = new Map<string, string>();
  const seen = new Set<string>();
  for (const { member, value, models } of multiples) {
    if (suffixes.has(value)) throw new Error(`multiples: "${value}" of ${member} is the suffix of other prices`);
    const other = memberOf.get(value) ?? member;
    if (other !== member) throw new Error(`multiples: "${value}" is a value of both ${other} and ${member}`);
    memberOf.set(value, member);
    for (const model of models ?? [null]) {
      const key = JSON.stringify([member, value, model]);
      if (seen.has(key)) throw new Error(`multiples: ${member} "${value}" of ${model ?? 'all models'} is said twice`);
      seen.add(key);
    }
    const unpriced = (models ?? []).filter((model) => !isPriced(model));
    if (unpriced.length > 0) throw new Error(`multiples: ${member} "${value}" names models without a token price: ${unpriced.join(', ')}`);
  }
};
