import type { UsageData } from '@llm-proxy/usage-schema';
import { isZero } from '../exact-number.js';
import type { PricedModel } from '../priced-model.js';
import type { PriceTable } from '../price-table.js';
import type { UsageFormat } from '../price-table.schema.js';
import { resolveUsageModel } from '../usage-model.js';
import { normaliseAnthropic, normaliseRun } from './anthropic.js';
import { inputOnly } from './input-only.js';
import { NO_ITERATIONS, fallbackModelOf, iterationsOf } from './iterations.js';
import type { Iterations } from './iterations.js';
import { applyLongContext, isLongContext } from './long-context.js';
import { applyMultiples } from './multiples.js';
import { normaliseOpenAi } from './openai.js';
import { newReading, noteUnpriced, objectOf, wordName } from './quantity.js';
import type { JsonObject, Quantity, Reading } from './quantity.js';
import { quantitiesOfRequest } from './request-facts.js';
import { addUp, quantitiesOfTools } from './tool-usage.js';
import { applyServiceTier, applySuffix, chargedServiceTier, noteUnpricedTier } from './service-tier.js';

/** What `normaliseUsage` needs to know of an answer. */
export type UsageFacts = Pick<
  UsageData,
  'provider' | 'endpoint' | 'requestModel' | 'responseModel' | 'requestServiceTier' | 'responseServiceTier' | 'usage' | 'toolUsage' | 'requestFacts' | 'measurement'
>;

export interface UsedByAnother {
  model: string;
  quantities: Quantity[];
}

export type NormalisedUsage =
  | {
      status: 'normalised';
      /** The name whose prices apply. */
      model: string;
      /** In the order of the bill; no zeros; the types carry the suffixes of tier, multiples and long context. */
      quantities: Quantity[];
      /** What other models used inside the answer, each at its own prices. */
      others: UsedByAnother[];
      /** Reported, and not or not fully covered by the table's prices; quantities without a price are not among them. */
      unpricedTypes: string[];
    }
  | { status: 'unpriceable'; reason: string };

const LONGEST_QUOTE = 100;

const unpriceable = (reason: string): NormalisedUsage => ({ status: 'unpriceable', reason });

/** What holds for every run of one answer. */
interface AnswerFacts {
  readonly endpoint: string;
  readonly tier: string | null;
  /** The provider's report; empty without one. */
  readonly usage: JsonObject;
  readonly reading: Reading;
}

const formatAt = (endpoint: string, { rules }: PricedModel): UsageFormat => rules.usageFormatByPath.get(endpoint)?.format ?? rules.usageFormat;

const renamed = (quantities: Quantity[], endpoint: string, { rules }: PricedModel): Quantity[] => {
  const renames = rules.usageFormatByPath.get(endpoint)?.renames;
  return renames === undefined ? quantities : quantities.map(({ type, amount }) => ({ type: renames.get(type) ?? type, amount }));
};

/** One list for each run of the model. */
const readInFormat = ({ answer, beside }: Iterations, model: PricedModel, { usage, endpoint, reading }: AnswerFacts): Quantity[][] => {
  if (formatAt(endpoint, model) === 'openai') return [normaliseOpenAi(usage, endpoint, model, reading)];
  return [...normaliseAnthropic(usage, answer, model, reading), ...beside.map((run) => normaliseRun(run, model, reading))];
};

const withSuffixes = (quantities: Quantity[], model: PricedModel, { endpoint, tier }: AnswerFacts): Quantity[] => {
  const isLong = isLongContext(quantities, model);
  const inputOnlySuffix = model.rules.inputOnlyPaths.get(endpoint);
  const discount = model.rules.discountedPaths.get(endpoint);
  const tiered =
    inputOnlySuffix !== undefined
      ? inputOnly(quantities, inputOnlySuffix)
      : discount !== undefined
        ? applySuffix(quantities, model, discount)
        : applyServiceTier(quantities, model, tier);
  return isLong ? applyLongContext(tiered, model) : tiered;
};

const dependsOnTier = (endpoint: string, { rules }: PricedModel): boolean => !rules.inputOnlyPaths.has(endpoint) && !rules.discountedPaths.has(endpoint);

const withoutZeros = (quantities: readonly Quantity[]): Quantity[] => quantities.filter(({ amount }) => !isZero(amount));

/** All runs of one model together, under the types that have its prices. */
const chargedTypes = (runs: readonly Quantity[][], model: PricedModel, answer: AnswerFacts, responseServiceTier: string | null): Quantity[] => {
  const { endpoint, usage, reading } = answer;
  const tiered = addUp(runs.map((quantities) => withSuffixes(withoutZeros(renamed(quantities, endpoint, model)), model, answer)));
  if (tiered.length > 0 && dependsOnTier(endpoint, model)) noteUnpricedTier(responseServiceTier, model, reading);
  return applyMultiples(tiered, usage, formatAt(endpoint, model), model, reading);
};

/**
 * Turns what a provider reported into quantities of priced usage types: which model's prices, every token counted once,
 * then the service tier, then long context, then what else the usage object says of all of it. Never throws for what the data holds.
 */
export const normaliseUsage = (table: PriceTable, data: UsageFacts): NormalisedUsage => {
  const tier = chargedServiceTier(data);
  const usage = data.measurement === 'missing' ? undefined : objectOf(data.usage);
  // The model that was asked for says nothing of an answer that it declined to give.
  const name = resolveUsageModel(table, { ...data, requestModel: fallbackModelOf(usage) ?? data.requestModel }, tier);
  if (name === null) return unpriceable('neither the request nor the answer names a model');
  const model = table.lookup(data.provider, name);
  if (model === undefined) return unpriceable(`no price for ${data.provider} model "${name.slice(0, LONGEST_QUOTE)}" in ${table.version}`);
  const reading = newReading();
  const answer: AnswerFacts = { endpoint: data.endpoint, tier, usage: usage ?? {}, reading };
  const iterations = formatAt(data.endpoint, model) === 'anthropic' ? iterationsOf(answer.usage, name, reading) : NO_ITERATIONS;
  // Without the provider's report, what the request itself says.
  const read = usage === undefined ? [quantitiesOfRequest(name, data.requestFacts, reading)] : readInFormat(iterations, model, answer);
  if (reading.problem !== null) return unpriceable(`usage: ${reading.problem}`);
  if (!reading.sawCount && reading.unpricedTypes.length === 0) return unpriceable('no usage: nothing was reported that could be priced');
  const used = chargedTypes(read, model, answer, data.responseServiceTier);
  const others = [...iterations.elsewhere].flatMap(([other, runs]) => {
    const priced = table.lookup(data.provider, other);
    if (priced === undefined) noteUnpriced(wordName('iterations', other), reading);
    const quantities = priced === undefined ? [] : chargedTypes(runs.map((run) => normaliseRun(run, priced, reading)), priced, answer, null);
    return quantities.length === 0 ? [] : [{ model: other, quantities }];
  });
  if (reading.problem !== null) return unpriceable(`usage: ${reading.problem}`);
  const tools = withoutZeros(quantitiesOfTools(data.toolUsage, model, reading));
  if (reading.problem !== null) return unpriceable(`tool usage: ${reading.problem}`);
  return { status: 'normalised', model: name, quantities: addUp([used, tools]), others, unpricedTypes: reading.unpricedTypes };
};
