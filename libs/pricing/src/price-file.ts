import { createHash } from 'node:crypto';
import { isAdjustmentValidAt } from '@llm-proxy/usage-schema';
import type { PriceAdjustment } from '@llm-proxy/usage-schema';
import { z } from 'zod';
import { formatPercent, parsePercent } from './money.js';
import { PriceBook } from './price-book.js';
import { isLongType, priceFileSchema } from './price-file.schema.js';
import type { PriceChange, PriceChangeGroup, PriceFile } from './price-file.schema.js';
import { toPriceTable } from './price-table.js';
import type { PriceTable } from './price-table.js';
import type { PriceGroupData, PriceTableData, ProviderData } from './price-table.schema.js';

const DIGEST_LENGTH = 10;

/** One price of a change. */
interface Price {
  provider: string;
  model: string;
  type: string;
  unit: 'perMillionUsd' | 'perUnitUsd';
  usdText: string;
}

/** What of a price file holds at one time. */
interface Active {
  /** Later ones win. */
  prices: readonly Price[];
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
 * @throws Error when the file names a provider that no table has, or prices something twice from the same time on
 */
export const priceBookWith = (tables: readonly PriceTableData[], file: PriceFile): PriceBook => {
  assertKnownProviders(tables, file);
  assertPricedOnce(file);
  const byVersion = new Map<string, PriceTable>();
  const periods = startsOf(tables, file).map((fromMs) => {
    const base = tableDataAt(tables, fromMs);
    const active = activeAt(file, fromMs);
    const version = versionOf(base, file.name, active);
    const table = byVersion.get(version) ?? toPriceTable(withPrices({ ...base, version }, active.prices), active.adjustments);
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
  changes.forEach(({ prices }, index) => Object.keys(prices).forEach((provider) => assertKnown(provider, `changes[${index}].prices`)));
  adjustments.forEach(({ provider }, index) => provider !== undefined && assertKnown(provider, `adjustments[${index}].provider`));
};

const assertPricedOnce = ({ changes }: PriceFile) => {
  const seen = new Map<string, number>();
  changes.forEach((change, index) => {
    for (const { provider, model, type } of pricesOf(change)) {
      const key = JSON.stringify([Date.parse(change.validFrom), provider, model, type]);
      const other = seen.get(key);
      if (other !== undefined) throw new Error(`price file: changes[${index}] prices ${type} of ${provider} model "${model}" twice from ${change.validFrom} on (first in changes[${other}])`);
      seen.set(key, index);
    }
  });
};

const pricesOf = ({ prices }: PriceChange): Price[] =>
  Object.entries(prices).flatMap(([provider, groups]) => groups.flatMap((group) => group.models.flatMap((model) => pricesOfModel(provider, model, group))));

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

const activeAt = ({ changes, adjustments }: PriceFile, atMs: number): Active => ({
  prices: changes
    .filter(({ validFrom, validUntil }) => Date.parse(validFrom) <= atMs && (validUntil === undefined || atMs < Date.parse(validUntil)))
    .sort((a, b) => Date.parse(a.validFrom) - Date.parse(b.validFrom))
    .flatMap(pricesOf),
  // The time before everything is no date; what has no start holds there already.
  adjustments: adjustments.filter((one) => (atMs === -Infinity ? one.validFrom === undefined : isAdjustmentValidAt(one, new Date(atMs)))),
});

/** Says which prices were used: the shipped table, the file by its name, and a digest of what of it holds. The shipped version where nothing does. */
const versionOf = (base: PriceTableData, name: string, { prices, adjustments }: Active): string => {
  const effective = new Map(prices.filter(({ provider }) => Object.hasOwn(base.providers, provider)).map((price) => [JSON.stringify([price.provider, price.model, price.type]), [price.unit, price.usdText]]));
  const selectors = adjustments.map(({ provider, model, percent }) => JSON.stringify([provider ?? null, model ?? null, formatPercent(parsePercent(percent))]));
  if (effective.size + selectors.length === 0) return base.version;
  const content = JSON.stringify([[...effective].sort(([a], [b]) => (a < b ? -1 : 1)), selectors.sort()]);
  return `${base.version}+${name}.${createHash('sha256').update(content).digest('hex').slice(0, DIGEST_LENGTH)}`;
};

/** A provider that the table does not have yet stays out of it: nothing is known of how it reported then. */
const withPrices = (base: PriceTableData, prices: readonly Price[]): PriceTableData => ({
  ...base,
  providers: Object.fromEntries(
    Object.entries(base.providers).map(([provider, data]) => [provider, withProviderPrices(data, provider, prices.filter((price) => price.provider === provider))]),
  ),
});

const withProviderPrices = (data: ProviderData, provider: string, prices: readonly Price[]): ProviderData => {
  const changed = new Map<string, PriceGroupData>();
  for (const { model, type, unit, usdText } of prices) {
    const group = changed.get(model) ?? ownGroupOf(data, model);
    delete group.perMillionUsd[type];
    delete group.perUnitUsd[type];
    group[unit][type] = usdText;
    changed.set(model, group);
  }
  const unchanged = data.prices.map((group) => ({ ...group, models: group.models.filter((model) => !changed.has(model)) })).filter(({ models }) => models.length > 0);
  return { ...data, prices: [...unchanged, ...changed.values()], ...longContextWith(data, provider, prices) };
};

/** A copy that can be changed. */
const ownGroupOf = (data: ProviderData, model: string): PriceGroupData => {
  const group = data.prices.find(({ models }) => models.includes(model));
  return { models: [model], perMillionUsd: { ...group?.perMillionUsd }, perUnitUsd: { ...group?.perUnitUsd } };
};

/** A model that is given a price for a long context is one that has a long context. */
const longContextWith = ({ longContext }: ProviderData, provider: string, prices: readonly Price[]): Pick<ProviderData, 'longContext'> => {
  const models = new Set(prices.filter(({ type }) => isLongType(type)).map(({ model }) => model));
  if (models.size === 0) return {};
  if (longContext === undefined) throw new Error(`price file: ${[...models].join(', ')} has a _long price, but ${provider} has no threshold for a long context`);
  if (longContext.models === 'all') return {};
  return { longContext: { ...longContext, models: [...new Set([...longContext.models, ...models])] } };
};
