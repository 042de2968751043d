import { ZERO, addExact } from '../exact-number.js';
import { longVariantOf } from '../priced-model.js';
import type { PricedModel } from '../priced-model.js';
import type { Quantity } from './quantity.js';

/** Whether the input is so long that the model is charged at its `_long` prices. Takes the types before any suffix. */
export const isLongContext = (quantities: readonly Quantity[], { longContext }: PricedModel): boolean => {
  if (longContext === null) return false;
  let sum = ZERO;
  for (const { type, amount } of quantities) if (longContext.counts.has(type)) sum = addExact(sum, amount);
  const limit = longContext.threshold * sum.denominator;
  return sum.numerator > limit || (longContext.inclusive && sum.numerator === limit);
};

/** Appends `_long` after the tier's suffix, for output too, wherever that has a price. */
export const applyLongContext = (quantities: Quantity[], model: PricedModel): Quantity[] =>
  quantities.map(({ type, amount }) => ({ type: longVariantOf(model, type), amount }));
