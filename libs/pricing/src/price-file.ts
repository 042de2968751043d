import { createHash } from 'node:crypto';
import { isAdjustmentValidAt } from '@llm-proxy/usage-schema';
import type { PriceAdjustment } from '@llm-proxy/usage-schema';
import { z } from 'zod';
import { formatPercent, parsePercent } from './money.js';
import { PriceBook } from './price-book.js';
import { priceFileSchema } from './price-file.schema.js';
import type { PriceChange, PriceChangeGroup, PriceFile } from './price-file.schema.js';
import { toPriceTable } from './price-table.js';
import type { PriceTable } from './price-table.js';
import type { PriceGroupData, PriceTableData, ProviderData, UsageMultiple } from './price-table.schema.js';
import { isLongType } from './usage-type.js';

const DIGEST_LENGTH = 10;

/** One price of a change. */
interface Price {
  provider: string;
  model: string;
  type: string;
  unit: 'perMillionUsd' | 'perUnitUsd';
  usdText: string;
}

/** From how many tokens on a model is charged at its `_long` prices. */
interface Threshold {
  provider: string;
  model: string;
  tokens: number;
}

/** What a provider charges of the token prices when a member of its usage object has that value. */
interface Multiple {
  provider: string;
  /** Null: all of the provider. */
  model: string | null;
  member: string;
  value: string;
  percent: number;
}

/** Of changes; later ones win. */
interface Changed {
  prices: readonly Price[];
  thresholds: readonly Threshold[];
  multiples: readonly Multiple[];
}

/** What of a price file holds at one time. */
interface Active extends Changed {
  adjustments: readonly PriceAdjustment[];
}

/**
 * Checks a deployment's price file.
 * @throws Error that names the file and every member that is wrong
 */
export const parsePriceFile = (text: string, fileName: string): PriceFile => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`price file ${fileName} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = priceFileSchema.safeParse(json);
  if (!parsed.success) throw new Error(`price file ${fileName} is malformed:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

/**
 * The tables with the file's prices and adjustments put over them: one table for each stretch of time in which the same of both holds.
 * @param tables the shipped ones
 * @throws Error when the file names a provider that no table has, prices something twice from the same time on, or has a threshold or multiple that no price uses
 */
export const priceBookWith = (tables: readonly PriceTableData[], file: PriceFile): PriceBook => {
  assertKnownProviders(tables, file);
  assertPricedOnce(file);
  const byVersion = new Map<string, PriceTable>();
  const periods = startsOf(tables, file).map((fromMs) => {
    const base = tableDataAt(tables, fromMs);
    const active = activeAt(file, fromMs);
    const version = versionOf(base, file.name, active);
    const table = byVersion.get(version) ?? toPriceTable(withChanges({ ...base, version }, active), active.adjustments);
    byVersion.set(version, table);
    return { fromMs, table };
  });
  return PriceBook.ofPeriods(periods);
};

const assertKnownProviders = (tables: readonly PriceTableData[], { changes, adjustments }: PriceFile) => {
  const known = new Set(tables.flatMap(({ providers }) => Object.keys(providers)));
  const assertKnown = (provider: string, where: string) => {
    if (!known.has(provider)) throw new Error(`price file: ${where} names the provider "${provider}"; there are ${[...known].join(', ')}`);
  };
  changes.forEach(({ prices, multiples = {} }, index) => {
    for (const provider of Object.keys(prices)) assertKnown(provider, `changes[${index}].prices`);
    for (const provider of Object.keys(multiples)) assertKnown(provider, `changes[${index}].multiples`);
  });
  adjustments.forEach(({ provider }, index) => provider !== undefined && assertKnown(provider, `adjustments[${index}].provider`));
};

const assertPricedOnce = ({ changes }: PriceFile) => {
  const seen = new Map<string, number>();
  changes.forEach((change, index) => {
    const assertOnce = (provider: string, model: string | null, what: string) => {
      const key = JSON.stringify([Date.parse(change.validFrom), provider, model, what]);
      const other = seen.get(key);
      const of = model === null ? provider : `${provider} model "${model}"`;
      if (other !== undefined) throw new Error(`price file: changes[${index}] ${what} of ${of} twice from ${change.validFrom} on (first in changes[${other}])`);
      seen.set(key, index);
    };
    for (const { provider, model, type } of pricesOf(change)) assertOnce(provider, model, `prices ${type}`);
    for (const { provider, model } of thresholdsOf(change)) assertOnce(provider, model, 'sets longContextThreshold');
    for (const { provider, model, member, value } of multiplesIn(change)) assertOnce(provider, model, `sets the multiple for ${member} "${value}"`);
  });
};

const pricesOf = ({ prices }: PriceChange): Price[] =>
  Object.entries(prices).flatMap(([provider, groups]) => groups.flatMap((group) => group.models.flatMap((model) => pricesOfModel(provider, model, group))));

const thresholdsOf = ({ prices }: PriceChange): Threshold[] =>
  Object.entries(prices).flatMap(([provider, groups]) =>
    groups.flatMap(({ models, longContextThreshold: tokens }) => (tokens === undefined ? [] : models.map((model) => ({ provider, model, tokens })))),
  );

const multiplesIn = ({ multiples = {} }: Pick<PriceChange, 'multiples'>): Multiple[] =>
  Object.entries(multiples).flatMap(([provider, all]) => all.flatMap((one) => (one.models ?? [null]).map((model) => multipleFor(provider, model, one))));

const multipleFor = (provider: string, model: string | null, { member, value, percent }: UsageMultiple): Multiple => ({ provider, model, member, value, percent });

const pricesOfModel = (provider: string, model: string, group: PriceChangeGroup): Price[] =>
  (['perMillionUsd', 'perUnitUsd'] as const).flatMap((unit) => Object.entries(group[unit]).map(([type, usdText]) => ({ provider, model, type, unit, usdText })));

/** Every moment at which something begins or ends, oldest first. Before them all there is one, too. */
const startsOf = (tables: readonly PriceTableData[], { changes, adjustments }: PriceFile): number[] => {
  const dates = [...tables, ...changes, ...adjustments].flatMap((dated) => [dated.validFrom, 'validUntil' in dated ? dated.validUntil : undefined]);
  const instants = dates.filter((date) => date !== undefined).map((date) => Date.parse(date));
  return [...new Set([-Infinity, ...instants])].sort((a, b) => (a < b ? -1 : 1));
};

const tableDataAt = (tables: readonly PriceTableData[], atMs: number): PriceTableData => {
  const sorted = [...tables].sort((a, b) => Date.parse(a.validFrom) - Date.parse(b.validFrom));
  const table = sorted.findLast(({ validFrom }) => Date.parse(validFrom) <= atMs) ?? sorted[0];
  if (table === undefined) throw new Error('a price book needs at least one price table');
  return table;
};

const activeAt = ({ changes, adjustments }: PriceFile, atMs: number): Active => {
  const active = changes
    .filter(({ validFrom, validUntil }) => Date.parse(validFrom) <= atMs && (validUntil === undefined || atMs < Date.parse(validUntil)))
    .sort((a, b) => Date.parse(a.validFrom) - Date.parse(b.validFrom));
  return {
    prices: active.flatMap(pricesOf),
    thresholds: active.flatMap(thresholdsOf),
    multiples: active.flatMap(multiplesIn),
    // The time before everything is no date; what has no start holds there already.
    adjustments: adjustments.filter((one) => (atMs === -Infinity ? one.validFrom === undefined : isAdjustmentValidAt(one, new Date(atMs)))),
  };
};

/** Says which prices were used: the shipped table, the file by its name, and a digest of what of it holds. The shipped version where nothing does. */
const versionOf = (base: PriceTableData, name: string, { prices, thresholds, multiples, adjustments }: Active): string => {
  const isKnown = ({ provider }: Price | Threshold | Multiple) => Object.hasOwn(base.providers, provider);
  const effective = new Map<string, readonly (string | number)[]>([
    ...prices.filter(isKnown).map(({ provider, model, type, unit, usdText }) => [JSON.stringify([provider, model, type]), [unit, usdText]] as const),
    ...thresholds.filter(isKnown).map(({ provider, model, tokens }) => [JSON.stringify([provider, model]), [tokens]] as const),
    ...multiples.filter(isKnown).map(({ provider, model, member, value, percent }) => [JSON.stringify([provider, model, member, value]), [percent]] as const),
  ]);
  const selectors = adjustments.map(({ provider, model, percent }) => JSON.stringify([provider ?? null, model ?? null, formatPercent(parsePercent(percent))]));
  if (effective.size + selectors.length === 0) return base.version;
  const content = JSON.stringify([[...effective].sort(([a], [b]) => (a < b ? -1 : 1)), selectors.sort()]);
  return `${base.version}+${name}.${createHash('sha256').update(content).digest('hex').slice(0, DIGEST_LENGTH)}`;
};

/** A provider that the table does not have yet stays out of it: nothing is known of how it reported then. */
const withChanges = (base: PriceTableData, { prices, thresholds, multiples }: Changed): PriceTableData => ({
  ...base,
  providers: Object.fromEntries(
    Object.entries(base.providers).map(([provider, data]) => {
      const isOfProvider = (one: Price | Threshold | Multiple) => one.provider === provider;
      const changed = { prices: prices.filter(isOfProvider), thresholds: thresholds.filter(isOfProvider), multiples: multiples.filter(isOfProvider) };
      return [provider, withProviderChanges(data, provider, changed)];
    }),
  ),
});

const withProviderChanges = (data: ProviderData, provider: string, { prices, thresholds, multiples }: Changed): ProviderData => {
  const changed = new Map<string, PriceGroupData>();
  const groupOf = (model: string): PriceGroupData => {
    const group = changed.get(model) ?? ownGroupOf(data, model);
    changed.set(model, group);
    return group;
  };
  for (const { model, type, unit, usdText } of prices) {
    const group = groupOf(model);
    delete group.perMillionUsd[type];
    delete group.perUnitUsd[type];
    group[unit][type] = usdText;
  }
  for (const { model, tokens } of thresholds) {
    const group = groupOf(model);
    group.longContextThreshold = tokens;
    assertThresholdIsUsed(data, provider, model, group);
  }
  const unchanged = data.prices.map((group) => ({ ...group, models: group.models.filter((model) => !changed.has(model)) })).filter(({ models }) => models.length > 0);
  return { ...data, prices: [...unchanged, ...changed.values()], ...longContextWith(data, provider, prices), multiples: multiplesWith(data, provider, multiples) };
};

const multiplesWith = (data: ProviderData, provider: string, changed: readonly Multiple[]): UsageMultiple[] => {
  const all = new Map<string, UsageMultiple>();
  for (const { model, member, value, percent } of [...multiplesIn({ multiples: { [provider]: data.multiples } }), ...changed]) {
    all.set(JSON.stringify([model, member, value]), { member, value, percent, ...(model === null ? {} : { models: [model] }) });
  }
  return [...all.values()];
};

/** A copy that can be changed. */
const ownGroupOf = (data: ProviderData, model: string): PriceGroupData => {
  const group = data.prices.find(({ models }) => models.includes(model));
  return { ...group, models: [model], perMillionUsd: { ...group?.perMillionUsd }, perUnitUsd: { ...group?.perUnitUsd } };
};

const assertThresholdIsUsed = ({ longContext }: ProviderData, provider: string, model: string, { perMillionUsd, perUnitUsd }: PriceGroupData) => {
  const what = `price file: longContextThreshold of ${provider} model "${model}"`;
  if (longContext === undefined) throw new Error(`${what}: the provider has no long context`);
  if (![...Object.keys(perMillionUsd), ...Object.keys(perUnitUsd)].some(isLongType)) throw new Error(`${what}: there is no _long price for it to begin`);
};

/** A model that is given a price for a long context is one that has a long context. */
const longContextWith = ({ longContext }: ProviderData, provider: string, prices: readonly Price[]): Pick<ProviderData, 'longContext'> => {
  const models = new Set(prices.filter(({ type }) => isLongType(type)).map(({ model }) => model));
  if (models.size === 0) return {};
  if (longContext === undefined) throw new Error(`price file: ${[...models].join(', ')} has a _long price, but ${provider} has no threshold for a long context`);
  if (longContext.models === 'all') return {};
  return { longContext: { ...longContext, models: [...new Set([...longContext.models, ...models])] } };
};
