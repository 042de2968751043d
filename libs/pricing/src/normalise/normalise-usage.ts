import type { UsageData } from '@llm-proxy/usage-schema';
import { isZero } from '../exact-number.js';
import type { PricedModel } from '../priced-model.js';
import type { PriceTable } from '../price-table.js';
import { resolveUsageModel } from '../usage-model.js';
import { normaliseAnthropic } from './anthropic.js';
import { inputOnly } from './input-only.js';
import { applyLongContext, isLongContext } from './long-context.js';
import { normaliseOpenAi } from './openai.js';
import { newReading, objectOf } from './quantity.js';
import type { JsonObject, Quantity, Reading } from './quantity.js';
import { quantitiesOfRequest } from './request-facts.js';
import { addUp, quantitiesOfTools } from './tool-usage.js';
import { applyServiceTier, applySuffix, chargedServiceTier } from './service-tier.js';

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
      /** In the order of the bill; no zeros; the types carry their tier and long-context suffixes. */
      quantities: Quantity[];
      /** Reported, and not or not fully covered by the table's prices; quantities without a price are not among them. */
      unpricedTypes: string[];
    }
  | { status: 'unpriceable'; reason: string };

const LONGEST_QUOTE = 100;

const unpriceable = (reason: string): NormalisedUsage => ({ status: 'unpriceable', reason });

const readInFormat = (usage: JsonObject, endpoint: string, model: PricedModel, reading: Reading): Quantity[] => {
  const byPath = model.rules.usageFormatByPath.get(endpoint);
  const format = byPath?.format ?? model.rules.usageFormat;
  const quantities = format === 'anthropic' ? normaliseAnthropic(usage, model, reading) : normaliseOpenAi(usage, endpoint, model, reading);
  return byPath === undefined ? quantities : quantities.map(({ type, amount }) => ({ type: byPath.renames.get(type) ?? type, amount }));
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

/** The provider's report, or without one what the request itself says. */
const readQuantities = (data: UsageFacts, name: string, model: PricedModel, reading: Reading): Quantity[] => {
  const usage = data.measurement === 'missing' ? undefined : objectOf(data.usage);
  return usage === undefined ? quantitiesOfRequest(name, data.requestFacts, reading) : readInFormat(usage, data.endpoint, model, reading);
};

const withoutZeros = (quantities: readonly Quantity[]): Quantity[] => quantities.filter(({ amount }) => !isZero(amount));

/**
 * Turns what a provider reported into quantities of priced usage types: which model's prices, every token counted once,
 * then the service tier, then long context. Never throws for what the data holds.
 */
export const normaliseUsage = (table: PriceTable, data: UsageFacts): NormalisedUsage => {
  const tier = chargedServiceTier(data);
  const name = resolveUsageModel(table, data, tier);
  if (name === null) return unpriceable('neither the request nor the answer names a model');
  const model = table.lookup(data.provider, name);
  if (model === undefined) return unpriceable(`no price for ${data.provider} model "${name.slice(0, LONGEST_QUOTE)}" in ${table.version}`);
  const reading = newReading();
  const read = readQuantities(data, name, model, reading);
  if (reading.problem !== null) return unpriceable(`usage: ${reading.problem}`);
  if (!reading.sawCount && reading.unpricedTypes.length === 0) return unpriceable('no usage: nothing was reported that could be priced');
  const used = withSuffixes(withoutZeros(read), data.endpoint, model, tier);
  const tools = withoutZeros(quantitiesOfTools(data.toolUsage, model, reading));
  if (reading.problem !== null) return unpriceable(`tool usage: ${reading.problem}`);
  return { status: 'normalised', model: name, quantities: addUp(used, tools), unpricedTypes: reading.unpricedTypes };
};
