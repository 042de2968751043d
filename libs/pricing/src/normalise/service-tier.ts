import { variantOf } from '../priced-model.js';
import type { PricedModel } from '../priced-model.js';
import { tierNamed } from '../tier-name.js';
import { noteUnpricedWord, wordOf } from './quantity.js';
import type { Quantity, Reading } from './quantity.js';

/** Tiers that an answer can name as the one it was served in. Others (`auto`, `scale`, …) do not say which price applies. */
const reportedTiers = new Set(['standard', 'default', 'flex', 'priority', 'ultrafast']);

/** Is paid in advance, whatever is used. */
const PREPAID = 'scale';

/** The tier that is charged: the provider's word counts, because it may serve a request in a lower tier than it asked for. */
export const chargedServiceTier = (data: { requestServiceTier: string | null; responseServiceTier: string | null }): string | null => {
  const reported = tierNamed(data.responseServiceTier);
  return reported !== null && reportedTiers.has(reported) ? reported : tierNamed(data.requestServiceTier);
};

/** Types that have a price with the suffix get it; the others stay at their standard price. */
export const applySuffix = (quantities: Quantity[], model: PricedModel, suffix: string): Quantity[] =>
  quantities.map(({ type, amount }) => ({ type: variantOf(model, suffix, type), amount }));

export const applyServiceTier = (quantities: Quantity[], model: PricedModel, tier: string | null): Quantity[] =>
  tier === null || !model.rules.serviceTiers.has(tier) ? quantities : applySuffix(quantities, model, tier);

/** Notes the tier that an answer was served in when the model has no prices in it: the standard ones are not what the provider charges. */
export const noteUnpricedTier = (responseServiceTier: string | null, { acceptedTiers }: PricedModel, reading: Reading): void => {
  const tier = tierNamed(wordOf(responseServiceTier));
  if (tier !== null && tier !== PREPAID && acceptedTiers?.has(tier) === false) noteUnpricedWord('service_tier', tier, reading);
};
