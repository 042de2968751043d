import { formatPercent, formatPicoUsd, roundHalfEven } from '../money.js';
import type { PriceChange } from '../price-file.schema.js';
import type { PriceTable } from '../price-table.js';
import type { CommunityPrice, Skipped } from './read-community-prices.js';

export interface ChangedPrice extends CommunityPrice {
  oldPicoUsd: bigint;
}

export interface PriceDifferences {
  /** Version of the table that was compared with. */
  priceVersion: string;
  added: CommunityPrice[];
  changed: ChangedPrice[];
  unchanged: number;
  /** Provider and name of those of which the table knows nothing yet. */
  newModels: ReadonlySet<string>;
}

const MILLION = 1_000_000n;
const HUNDRED_PERCENT = 1_000_000n;
const NAMES_SHOWN = 3;

const modelOf = ({ provider, model }: CommunityPrice): string => `${provider} ${model}`;

/** What the prices would change about a table. Prices that only the table has stay as they are, and are not mentioned. */
export const comparePrices = (table: PriceTable, prices: readonly CommunityPrice[]): PriceDifferences => {
  const added: CommunityPrice[] = [];
  const changed: ChangedPrice[] = [];
  for (const price of prices) {
    const oldPicoUsd = table.unitPricePicoUsd(price.provider, price.model, price.type);
    if (oldPicoUsd === undefined) added.push(price);
    else if (oldPicoUsd !== price.picoUsd) changed.push({ ...price, oldPicoUsd });
  }
  const newModels = new Set(added.filter(({ provider, model }) => !table.has(provider, model)).map(modelOf));
  return { priceVersion: table.version, added, changed, unchanged: prices.length - added.length - changed.length, newModels };
};

const usdOf = (picoUsd: bigint, { unit }: CommunityPrice): string => (unit === 'perMillionUsd' ? formatPicoUsd(picoUsd, MILLION) : formatPicoUsd(picoUsd, 1n));
const unitOf = ({ unit }: CommunityPrice): string => (unit === 'perMillionUsd' ? 'a million' : 'each');

const riseOf = ({ oldPicoUsd, picoUsd }: ChangedPrice): string =>
  oldPicoUsd === 0n ? 'was free' : `${formatPercent(roundHalfEven((picoUsd - oldPicoUsd) * HUNDRED_PERCENT, oldPicoUsd))}%`;

const namesOf = (names: readonly string[]): string => {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
};

/** The differences for people, in US$; one line a price. */
export const formatPriceReport = ({ priceVersion, added, changed, unchanged, newModels }: PriceDifferences, skipped: readonly Skipped[]): string =>
  [
    `Compared with prices ${priceVersion}:`,
    `added: ${added.length} (${newModels.size} new models)`,
    ...added.map((price) => `  ${modelOf(price)}${newModels.has(modelOf(price)) ? ' (new)' : ''} ${price.type}: ${usdOf(price.picoUsd, price)} US$ ${unitOf(price)}`),
    `changed: ${changed.length}`,
    ...changed.map((price) => `  ${modelOf(price)} ${price.type}: ${usdOf(price.oldPicoUsd, price)} -> ${usdOf(price.picoUsd, price)} US$ ${unitOf(price)} (${riseOf(price)})`),
    `unchanged: ${unchanged}`,
    `skipped: ${skipped.length === 0 ? 'nothing' : ''}`.trimEnd(),
    ...skipped.map(({ what, reason, names }) => `  ${what}: ${reason} (${namesOf(names)})`),
  ].join('\n');

/**
 * What is new or different, as a change for the deployment's price file; models with the same prices share a group.
 * @returns null when there is nothing
 */
export const toPriceChange = ({ added, changed }: PriceDifferences, about: Pick<PriceChange, 'validFrom' | 'source'>): PriceChange | null => {
  const byModel = Map.groupBy([...added, ...changed], modelOf);
  const prices: PriceChange['prices'] = {};
  const groups = new Map<string, PriceChange['prices'][string][number]>();
  for (const ofModel of byModel.values()) {
    const { provider, model } = ofModel[0]!;
    const perUnit = (unit: CommunityPrice['unit']) => Object.fromEntries(ofModel.filter((price) => price.unit === unit).map((price) => [price.type, usdOf(price.picoUsd, price)]));
    const group = { models: [model], perMillionUsd: perUnit('perMillionUsd'), perUnitUsd: perUnit('perUnitUsd') };
    const key = JSON.stringify([provider, group.perMillionUsd, group.perUnitUsd]);
    const same = groups.get(key);
    if (same !== undefined) same.models.push(model);
    else {
      groups.set(key, group);
      (prices[provider] ??= []).push(group);
    }
  }
  return byModel.size === 0 ? null : { ...about, prices };
};
