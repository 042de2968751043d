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

/** Types that have a price in the tier get its suffix; the others stay at their standard price. */
export const applyServiceTier = (quantities: Quantity[], model: PricedModel, tier: string | null): Quantity[] => {
  if (tier === null || !model.rules.serviceTiers.has(tier)) return quantities;
  return quantities.map(({ type, amount }) => ({ type: variantOf(model, tier, type), amount }));
};
