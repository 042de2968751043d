import type { UsageData } from '@llm-proxy/usage-schema';
import { addExact } from '../exact-number.js';
import type { PricedModel } from '../priced-model.js';
import { normaliseOpenAi } from './openai.js';
import { objectOf } from './quantity.js';
import type { Quantity, Reading } from './quantity.js';

/** The tool's usage object reads like the one of the images API. */
const IMAGE_TOOL_READS_LIKE = '/v1/images/generations';

/** Image generation inside a response: tokens beside the response's own, always at the standard prices of the same model. */
export const quantitiesOfTools = (toolUsage: UsageData['toolUsage'], model: PricedModel, reading: Reading): Quantity[] =>
  (toolUsage ?? []).flatMap(({ usage }) => normaliseOpenAi(objectOf(usage) ?? {}, IMAGE_TOOL_READS_LIKE, model, reading));

/** One quantity a type, in the order in which the types come. */
export const addUp = (lists: readonly (readonly Quantity[])[]): Quantity[] => {
  const sums = new Map<string, Quantity>();
  for (const { type, amount } of lists.flat()) {
    const known = sums.get(type);
    sums.set(type, { type, amount: known === undefined ? amount : addExact(known.amount, amount) });
  }
  return [...sums.values()];
};
