import { parsePicoUsd } from './money.js';
import type { PriceGroupData, ProviderData, UsageFormat } from './price-table.schema.js';
import { type MultiplesOfModel, assertMultiples, multiplesOf, withMultiples } from './usage-multiples.js';
import { LONG, isLongType, isTokenType, shortOf, withSuffix } from './usage-type.js';

/** How one provider reports and charges; from the price data. */
export interface ProviderRules {
  readonly usageFormat: UsageFormat;
  readonly usageFormatByPath: ReadonlyMap<string, { readonly format: UsageFormat; readonly renames: ReadonlyMap<string, string> }>;
  readonly inputOnlyPaths: ReadonlyMap<string, string>;
  /** Exact path to the suffix of its discounted prices. */
  readonly discountedPaths: ReadonlyMap<string, string>;
  /** By the suffix of discounted prices: how many percent of the standard price they are. */
  readonly discounts: ReadonlyMap<string, bigint>;
  readonly serviceTiers: ReadonlySet<string>;
  readonly surcharged: boolean;
  /** In tokens, for models without a threshold of their own; null: the provider has no long context. */
  readonly longContextThreshold: bigint | null;
  /** Of all prices that are not the standard ones: tiers, paths, long context, values that a multiple is for. */
  readonly suffixes: ReadonlySet<string>;
  /** For models that have none of their own. */
  readonly multiples: MultiplesOfModel;
}

/** From how many input tokens on a model is charged at its `_long` prices. */
export interface LongContext {
  readonly threshold: bigint;
  /** Whether exactly the threshold is long already. */
  readonly inclusive: boolean;
  /** The usage types that are added up. */
  readonly counts: ReadonlySet<string>;
}

/** Everything that pricing one model needs, looked up once. */
export interface PricedModel {
  readonly rules: ProviderRules;
  /** Pico-dollars per unit, by usage type. */
  readonly prices: ReadonlyMap<string, bigint>;
  /** Types whose price is a share of the standard one, because the data has none for them. */
  readonly discounted: ReadonlySet<string>;
  /** By suffix, then by usage type: the suffixed type, where it has a price (`flex` → `input_tokens` → `input_tokens_flex`). */
  readonly variants: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Service tiers a request may name; null when the provider has no priced tiers and the tier is of no concern. */
  readonly acceptedTiers: ReadonlySet<string> | null;
  readonly longContext: LongContext | null;
  readonly multiples: MultiplesOfModel;
}

const STANDARD_TIERS = ['', 'standard', 'default', 'auto'];
const MILLION = 1_000_000n;

const rulesOf = (data: ProviderData): ProviderRules => ({
  usageFormat: data.usageFormat,
  usageFormatByPath: new Map(
    Object.entries(data.usageFormatByPath).map(([path, { format, renames }]) => [path, { format, renames: new Map(Object.entries(renames)) }]),
  ),
  inputOnlyPaths: new Map(Object.entries(data.inputOnlyPaths)),
  discountedPaths: new Map(Object.entries(data.discountedPaths).map(([path, { suffix }]) => [path, suffix])),
  discounts: new Map(Object.values(data.discountedPaths).map(({ suffix, percent }) => [suffix, BigInt(percent)])),
  serviceTiers: new Set(data.serviceTiers),
  surcharged: data.surcharged,
  longContextThreshold: data.longContext === undefined ? null : BigInt(data.longContext.threshold),
  suffixes: new Set([...suffixesOf(data), LONG, ...data.multiples.map(({ value }) => value)]),
  multiples: multiplesOf(data.multiples, null),
});

/** Of tiers and paths. */
const suffixesOf = ({ serviceTiers, inputOnlyPaths, discountedPaths }: ProviderData): string[] => [
  ...serviceTiers,
  ...Object.values(inputOnlyPaths),
  ...Object.values(discountedPaths).map(({ suffix }) => suffix),
];

const pricesOf = (group: PriceGroupData): Map<string, bigint> => {
  const prices = new Map<string, bigint>();
  const add = (type: string, usdText: string, units: bigint) => {
    const price = parsePicoUsd(usdText, units);
    if (price === undefined) throw new Error(`${group.models[0]} ${type}: ${usdText} is not a whole number of pico-dollars per unit`);
    prices.set(type, price);
  };
  for (const [type, usdText] of Object.entries(group.perMillionUsd)) add(type, usdText, MILLION);
  for (const [type, usdText] of Object.entries(group.perUnitUsd)) add(type, usdText, 1n);
  return prices;
};

/**
 * Adds `<type>_<suffix>` at a share of each standard token price, e.g. `input_tokens_batch` at half of `input_tokens`; `_long` stays at the end.
 * A price of that name in the data is kept. Calls of tools cost the same everywhere.
 * @returns the types that were added
 */
const addDiscounts = (prices: Map<string, bigint>, data: ProviderData): Set<string> => {
  const added = new Set<string>();
  const taken = data.serviceTiers.map((tier) => `_${tier}`);
  for (const { suffix, percent } of Object.values(data.discountedPaths)) {
    taken.push(`_${suffix}`);
    const standard = [...prices];
    for (const [type, price] of standard) {
      const base = shortOf(type);
      const discounted = withSuffix(type, suffix);
      const isStandard = base.endsWith('_tokens') && !taken.some((ending) => base.endsWith(ending));
      if (!isStandard || prices.has(discounted)) continue;
      const share = price * BigInt(percent);
      if (share % 100n !== 0n) throw new Error(`${percent} % of ${type} is not a whole number of pico-dollars per unit`);
      prices.set(discounted, share / 100n);
      added.add(discounted);
    }
  }
  return added;
};

const variantsOf = (prices: ReadonlyMap<string, bigint>, suffixes: readonly string[]): Map<string, Map<string, string>> =>
  new Map(
    suffixes.map((suffix) => {
      const ending = `_${suffix}`;
      const types = [...prices.keys()].filter((type) => type.endsWith(ending));
      return [suffix, new Map(types.map((type) => [type.slice(0, -ending.length), type]))];
    }),
  );

const acceptedTiersOf = (prices: ReadonlyMap<string, bigint>, serviceTiers: readonly string[]): Set<string> | null => {
  if (serviceTiers.length === 0) return null;
  const priced = serviceTiers.filter((tier) => prices.has(`input_tokens_${tier}`) && prices.has(`output_tokens_${tier}`));
  return new Set([...STANDARD_TIERS, ...priced]);
};

const longContextOf = (data: ProviderData, model: string, own: number | undefined): LongContext | null => {
  const rule = data.longContext;
  if (rule === undefined) return null;
  const applies = own !== undefined || rule.models === 'all' || rule.models.includes(model) || rule.modelPrefixes.some((prefix) => model.startsWith(prefix));
  return applies ? { threshold: BigInt(own ?? rule.threshold), inclusive: rule.comparison === '>=', counts: new Set(rule.counts) } : null;
};

const assertThresholdIsUsed = ({ models, longContextThreshold }: PriceGroupData, data: ProviderData, prices: ReadonlyMap<string, bigint>) => {
  if (longContextThreshold === undefined) return;
  if (data.longContext === undefined) throw new Error(`longContextThreshold of ${models[0]}: its provider has no longContext`);
  if (![...prices.keys()].some(isLongType)) throw new Error(`longContextThreshold of ${models[0]}: it has no _long price`);
};

const assertLongContextIsPriced = (data: ProviderData, models: ReadonlyMap<string, PricedModel>) => {
  const rule = data.longContext;
  if (rule === undefined) return;
  const exact = rule.models === 'all' ? [] : rule.models;
  const unknown = [
    ...exact.filter((model) => !models.has(model)),
    ...rule.modelPrefixes.filter((prefix) => ![...models.keys()].some((model) => model.startsWith(prefix))),
  ];
  if (unknown.length > 0) throw new Error(`longContext names models without a price: ${unknown.join(', ')}`);
};

/**
 * Prepares one provider's prices for lookup.
 * @throws Error when a price is not a whole number of pico-dollars, a model is priced twice or named without a price, a threshold has no `_long` price, or
 * multiples make no sense
 */
export const pricedModelsOf = (data: ProviderData): Map<string, PricedModel> => {
  const rules = rulesOf(data);
  const suffixes = suffixesOf(data);
  const models = new Map<string, PricedModel>();
  for (const group of data.prices) {
    const prices = pricesOf(group);
    assertThresholdIsUsed(group, data, prices);
    const discounted = addDiscounts(prices, data);
    const variants = variantsOf(prices, [...suffixes, LONG]);
    const acceptedTiers = acceptedTiersOf(prices, data.serviceTiers);
    for (const model of group.models) {
      if (models.has(model)) throw new Error(`${model} is priced twice`);
      const multiples = multiplesOf(data.multiples, model);
      const all = multiples.size === 0 ? prices : withMultiples(prices, multiples, suffixes, model);
      models.set(model, { rules, prices: all, discounted, variants, acceptedTiers, longContext: longContextOf(data, model, group.longContextThreshold), multiples });
    }
  }
  assertMultiples(data.multiples, new Set([...suffixes, LONG]), (model) => [...(models.get(model)?.prices.keys() ?? [])].some(isTokenType));
  assertLongContextIsPriced(data, models);
  return models;
};

/** The suffixed usage type when it has a price, else the type as it is. */
export const variantOf = (model: PricedModel, suffix: string, type: string): string => model.variants.get(suffix)?.get(type) ?? type;

export const longVariantOf = (model: PricedModel, type: string): string => variantOf(model, LONG, type);
