import { ZERO, addExact, isZero, largerExact, smallerExact, subtractToZero } from '../exact-number.js';
import type { Exact } from '../exact-number.js';
import type { PricedModel } from '../priced-model.js';
import { otherQuantities } from './other-quantities.js';
import { noteUnpriced, objectOf, readCount } from './quantity.js';
import type { JsonObject, Quantity, Reading } from './quantity.js';

const ONE_HOUR_WRITES = 'cache_creation_1h_input_tokens';

const known = new Set(['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'cache_creation', 'output_tokens_details', 'iterations']);

interface Counts {
  readonly input: Exact;
  /** Of both lifetimes. */
  readonly written: Exact;
  readonly writtenForAnHour: Exact;
  readonly read: Exact;
  readonly output: Exact;
}

const countsOf = (usage: JsonObject, reading: Reading): Counts => {
  const input = readCount(usage, 'input_tokens', reading) ?? ZERO;
  const byLifetime = objectOf(usage['cache_creation']);
  const writtenForAnHour = readCount(byLifetime, 'ephemeral_1h_input_tokens', reading) ?? ZERO;
  const fiveMinutes = readCount(byLifetime, 'ephemeral_5m_input_tokens', reading) ?? ZERO;
  return {
    input,
    written: readCount(usage, 'cache_creation_input_tokens', reading) ?? addExact(fiveMinutes, writtenForAnHour),
    writtenForAnHour,
    read: readCount(usage, 'cache_read_input_tokens', reading) ?? ZERO,
    output: readCount(usage, 'output_tokens', reading) ?? ZERO,
  };
};

const combine = (a: Counts, b: Counts, by: (a: Exact, b: Exact) => Exact): Counts => ({
  input: by(a.input, b.input),
  written: by(a.written, b.written),
  writtenForAnHour: by(a.writtenForAnHour, b.writtenForAnHour),
  read: by(a.read, b.read),
  output: by(a.output, b.output),
});

/**
 * Together, of each count the larger of what the runs come to and the total: the total once had the input of the first run alone, and in an answer
 * that broke off it is the one that was counted on. What the runs do not account for stands with the last of them.
 */
const upToTotal = (runs: readonly Counts[], total: Counts): Counts[] => {
  const last = runs.at(-1);
  if (last === undefined) return [total];
  const earlier = runs.slice(0, -1);
  const counts = combine(earlier.reduce((rest, run) => combine(rest, run, subtractToZero), total), last, largerExact);
  return [...earlier, { ...counts, writtenForAnHour: smallerExact(counts.writtenForAnHour, counts.written) }];
};

/** Cache writes at the 5-minute price, and those kept for an hour apart where the table has a price for them. */
const cacheWrites = ({ written, writtenForAnHour }: Counts, model: PricedModel, reading: Reading): Quantity[] => {
  if (isZero(writtenForAnHour)) return [{ type: 'cache_creation_input_tokens', amount: written }];
  if (!model.prices.has(ONE_HOUR_WRITES)) {
    noteUnpriced(ONE_HOUR_WRITES, reading);
    return [{ type: 'cache_creation_input_tokens', amount: written }];
  }
  return [
    { type: 'cache_creation_input_tokens', amount: subtractToZero(written, writtenForAnHour) },
    { type: ONE_HOUR_WRITES, amount: writtenForAnHour },
  ];
};

/** The input count is without the cached tokens already. */
const quantitiesOf = (counts: Counts, model: PricedModel, reading: Reading): Quantity[] => [
  { type: 'input_tokens', amount: counts.input },
  ...cacheWrites(counts, model, reading),
  { type: 'cache_read_input_tokens', amount: counts.read },
  { type: 'output_tokens', amount: counts.output },
];

/** A run of a model that the object's own counts do not cover. */
export const normaliseRun = (run: JsonObject, model: PricedModel, reading: Reading): Quantity[] => [
  ...quantitiesOf(countsOf(run, reading), model, reading),
  ...otherQuantities(run, known, model, reading),
];

/**
 * The counts of Anthropic's usage object, each run by itself: one has a long context or has not, whatever the others had.
 * @param runs that the object's own counts cover
 */
export const normaliseAnthropic = (usage: JsonObject, runs: readonly JsonObject[], model: PricedModel, reading: Reading): Quantity[][] => {
  const total = countsOf(usage, reading);
  const charged = upToTotal(runs.map((run) => countsOf(run, reading)), total).map((counts) => quantitiesOf(counts, model, reading));
  return [...charged.slice(0, -1), [...charged.at(-1)!, ...otherQuantities(usage, known, model, reading)]];
};
