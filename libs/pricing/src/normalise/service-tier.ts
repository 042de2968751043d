import { variantOf } from '../priced-model.js';
import type { PricedModel } from '../priced-model.js';
import type { Quantity } from './quantity.js';

/** Tiers that an answer can name as the one it was served in. Others (`auto`, `scale`, …) do not say which price applies. */
const reportedTiers = new Set(['standard', 'default', 'flex', 'priority', 'ultrafast']);

const normalised = (tier: string | null): string | null => tier?.trim().toLowerCase() || null;

/** The tier that is charged: the provider's word counts, because it may serve a request in a lower tier than it asked for. */
export const chargedServiceTier = (data: { requestServiceTier: string | null; responseServiceTier: string | null }): string | null => {
  const reported = normalised(data.responseServiceTier);
  return reported !== null && reportedTiers.has(reported) ? reported : normalised(data.requestServiceTier);
};

/** Types that have a price with the suffix get it; the others stay at their standard price. */
export const applySuffix = (quantities: Quantity[], model: PricedModel, suffix: string): Quantity[] =>
  quantities.map(({ type, amount }) => ({ type: variantOf(model, suffix, type), amount }));

export const applyServiceTier = (quantities: Quantity[], model: PricedModel, tier: string | null): Quantity[] =>
  tier === null || !model.rules.serviceTiers.has(tier) ? quantities : applySuffix(quantities, model, tier);
