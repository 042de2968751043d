import { formatPercent, roundHalfEven } from '../money.js';
import { isLongType } from '../usage-type.js';
import type { CommunityPrices, Skipped } from './community-model.js';
import type { ModelDifference, PriceDifferences } from './compare-prices.js';
import { NOT_UNDERSTOOD } from './field-meaning.js';
import type { PriceUnit } from './field-meaning.js';
import { groupsOf, usdOf } from './price-groups.js';
import type { PriceGroup } from './price-groups.js';

const HUNDRED_PERCENT = 1_000_000n;
const NAMES_SHOWN = 3;
const PRICES_A_LINE = 6;

/** The differences for people, in US$: first what changes, because it is charged already. */
export const formatPriceReport = ({ priceVersion, models, unchanged }: PriceDifferences, { skipped, notServed }: Pick<CommunityPrices, 'skipped' | 'notServed'>): string => {
  const changed = models.flatMap(changesOf);
  const added = models.map(additionsOf).filter((one) => countOf(one) > 0);
  const inGroups = (isNew: boolean) => groupsOf(added.filter((one) => one.isNew === isNew)).flatMap((group) => linesOf(group, isNew));
  const nothing = skipped.length + notServed.size === 0;
  return [
    `Compared with prices ${priceVersion}:`,
    `changed: ${counted(changed.length)}`,
    ...changed,
    `added: ${counted(sum(added.map(countOf)))} (${counted(added.filter(({ isNew }) => isNew).length)} new models)`,
    ...inGroups(false),
    ...inGroups(true),
    `unchanged: ${counted(unchanged)}`,
    nothing ? 'skipped: nothing' : 'skipped:',
    ...linesOfSkipped(skipped),
    ...linesOfNotServed(notServed),
  ].join('\n');
};

const counted = (count: number | bigint): string => count.toLocaleString('en-US');
const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);

const PERCENT = '% of the token prices';

const UNIT_NAMES: Readonly<Record<PriceUnit, string>> = { perMillionUsd: 'US$ a million', perUnitUsd: 'US$ each' };

const countOf = ({ prices, multiples }: Pick<ModelDifference, 'prices' | 'multiples'>): number => prices.length + multiples.length;

const changesOf = ({ provider, model, prices, threshold, multiples }: ModelDifference): string[] => {
  const changedPrices = prices.flatMap(({ type, unit, picoUsd, oldPicoUsd }) =>
    oldPicoUsd === null || oldPicoUsd === picoUsd ? [] : [`  ${provider} ${model} ${type}: ${usdOf(oldPicoUsd, unit)} -> ${usdOf(picoUsd, unit)} ${UNIT_NAMES[unit]} (${riseOf(oldPicoUsd, picoUsd)})`],
  );
  const changedMultiples = multiples.flatMap(({ member, value, percent, oldPercent }) =>
    oldPercent === null ? [] : [`  ${provider} ${model} ${member} ${value}: ${counted(oldPercent)} -> ${counted(percent)} ${PERCENT}`],
  );
  const lines = [...changedPrices, ...changedMultiples];
  if (threshold === null || isFirstLong({ prices, threshold })) return lines;
  const old = threshold.oldTokens === null ? 'none' : counted(threshold.oldTokens);
  return [...lines, `  ${provider} ${model} longContextThreshold: ${old} -> ${counted(threshold.tokens)} tokens`];
};

/** Whether the model had no price for a long context. */
const isFirstLong = ({ prices, threshold }: Pick<ModelDifference, 'prices' | 'threshold'>): boolean =>
  threshold?.oldTokens === null && prices.some(({ type, oldPicoUsd }) => oldPicoUsd === null && isLongType(type));

const riseOf = (oldPicoUsd: bigint, picoUsd: bigint): string =>
  oldPicoUsd === 0n ? 'was free' : `${formatPercent(roundHalfEven((picoUsd - oldPicoUsd) * HUNDRED_PERCENT, oldPicoUsd))}%`;

const additionsOf = (one: ModelDifference) => ({
  ...one,
  prices: one.prices.filter(({ oldPicoUsd }) => oldPicoUsd === null),
  multiples: one.multiples.filter(({ oldPercent }) => oldPercent === null),
  longContextThreshold: isFirstLong(one) ? one.threshold!.tokens : null,
});

const linesOf = ({ provider, models, perMillionUsd, perUnitUsd, longContextThreshold, multiples }: PriceGroup, isNew: boolean): string[] => [
  `  ${provider} ${models.join(', ')}${isNew ? ' (new)' : ''}`,
  ...priceLines('perMillionUsd', perMillionUsd),
  ...priceLines('perUnitUsd', perUnitUsd),
  ...(multiples.length === 0 ? [] : [`    ${PERCENT}: ${multiples.map(({ member, value, percent }) => `${member} ${value} ${counted(percent)}`).join(', ')}`]),
  ...(longContextThreshold === null ? [] : [`    longContextThreshold: ${counted(longContextThreshold)} tokens`]),
];

const priceLines = (unit: PriceUnit, prices: Readonly<Record<string, string>>): string[] => {
  const texts = Object.entries(prices).map(([type, usd]) => `${type} ${usd}`);
  return Array.from({ length: Math.ceil(texts.length / PRICES_A_LINE) }, (_, line) => `    ${UNIT_NAMES[unit]}: ${texts.slice(line * PRICES_A_LINE, (line + 1) * PRICES_A_LINE).join(', ')}`);
};

/** One line a reason. Only fields that nobody knows are all named; they are what has to be looked at. */
const linesOfSkipped = (skipped: readonly Skipped[]): string[] =>
  [...Map.groupBy(skipped, ({ what, reason }) => (what === 'entry' || reason === NOT_UNDERSTOOD ? JSON.stringify([what, reason]) : reason)).values()].map((same) => {
    const names = [...new Set(same.flatMap((one) => one.names))];
    return `  ${shownOf(same.map(({ what }) => what))}: ${same[0]!.reason} (${shownOf(names)})`;
  });

const shownOf = (names: readonly string[]): string =>
  names.length > NAMES_SHOWN ? `${names.slice(0, NAMES_SHOWN).join(', ')} and ${counted(names.length - NAMES_SHOWN)} more` : names.join(', ');

const linesOfNotServed = (notServed: ReadonlyMap<string, number>): string[] =>
  notServed.size === 0 ? [] : [`  entries of ${counted(notServed.size)} providers that are not served here: ${counted(sum(notServed.values()))}`];
