import type { UsageData } from '@llm-proxy/usage-schema';
import { isZero } from '../exact-number.js';
import type { PricedModel } from '../priced-model.js';
import type { PriceTable } from '../price-table.js';
import type { UsageFormat } from '../price-table.schema.js';
import { resolveUsageModel } from '../usage-model.js';
import { normaliseAnthropic } from './anthropic.js';
import { inputOnly } from './input-only.js';
import { applyLongContext, isLongContext } from './long-context.js';
import { applyMultiples } from './multiples.js';
import { normaliseOpenAi } from './openai.js';
import { newReading, objectOf } from './quantity.js';
import type { JsonObject, Quantity, Reading } from './quantity.js';
import { quantitiesOfRequest } from './request-facts.js';
import { addUp, quantitiesOfTools } from './tool-usage.js';
import { applyServiceTier, applySuffix, chargedServiceTier, noteUnpricedTier } from './service-tier.js';

/** What `normaliseUsage` needs to know of an answer. */
export type UsageFacts = Pick<
  UsageData,
  'provider' | 'endpoint' | 'requestModel' | 'responseModel' | 'requestServiceTier' | 'responseServiceTier' | 'usage' | 'toolUsage' | 'requestFacts' | 'measurement'
>;

export type NormalisedUsage =
  | {
      status: 'normalised';
      /** The name whose prices apply. */
      model: string;
      /** In the order of the bill; no zeros; the types carry the suffixes of tier, multiples and long context. */
      quantities: Quantity[];
      /** Reported, and not or not fully covered by the table's prices; quantities without a price are not among them. */
      unpricedTypes: string[];
    }
  | { status: 'unpriceable'; reason: string };

const LONGEST_QUOTE = 100;

const unpriceable = (reason: string): NormalisedUsage => ({ status: 'unpriceable', reason });

const formatAt = (endpoint: string, { rules }: PricedModel): UsageFormat => rules.usageFormatByPath.get(endpoint)?.format ?? rules.usageFormat;

const readInFormat = (usage: JsonObject, endpoint: string, model: PricedModel, reading: Reading): Quantity[] => {
  const renames = model.rules.usageFormatByPath.get(endpoint)?.renames;
  const quantities = formatAt(endpoint, model) === 'anthropic' ? normaliseAnthropic(usage, model, reading) : normaliseOpenAi(usage, endpoint, model, reading);
  return renames === undefined ? quantities : quantities.map(({ type, amount }) => ({ type: renames.get(type) ?? type, amount }));
};

const withSuffixes = (quantities: Quantity[], endpoint: string, model: PricedModel, tier: string | null): Quantity[] => {
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

/**
 * Turns what a provider reported into quantities of priced usage types: which model's prices, every token counted once,
 * then the service tier, then long context, then what else the usage object says of all of it. Never throws for what the data holds.
 */
export const normaliseUsage = (table: PriceTable, data: UsageFacts): NormalisedUsage => {
  const tier = chargedServiceTier(data);
  const name = resolveUsageModel(table, data, tier);
  if (name === null) return unpriceable('neither the request nor the answer names a model');
  const model = table.lookup(data.provider, name);
  if (model === undefined) return unpriceable(`no price for ${data.provider} model "${name.slice(0, LONGEST_QUOTE)}" in ${table.version}`);
  const reading = newReading();
  const usage = data.measurement === 'missing' ? undefined : objectOf(data.usage);
  // Without the provider's report, what the request itself says.
  const read = usage === undefined ? quantitiesOfRequest(name, data.requestFacts, reading) : readInFormat(usage, data.endpoint, model, reading);
  if (reading.problem !== null) return unpriceable(`usage: ${reading.problem}`);
  if (!reading.sawCount && reading.unpricedTypes.length === 0) return unpriceable('no usage: nothing was reported that could be priced');
  const tiered = withSuffixes(withoutZeros(read), data.endpoint, model, tier);
  if (tiered.length > 0 && dependsOnTier(data.endpoint, model)) noteUnpricedTier(data.responseServiceTier, model, reading);
  const used = applyMultiples(tiered, usage ?? {}, formatAt(data.endpoint, model), model, reading);
  const tools = withoutZeros(quantitiesOfTools(data.toolUsage, model, reading));
  if (reading.problem !== null) return unpriceable(`tool usage: ${reading.problem}`);
  return { status: 'normalised', model: name, quantities: addUp(used, tools), unpricedTypes: reading.unpricedTypes };
};
