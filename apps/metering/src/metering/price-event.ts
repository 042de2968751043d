import { type PriceRules, priceUsageAt } from '@llm-proxy/pricing';
import { PRICED_USAGE_TOPIC, type PricedUsage, type UsageEvent } from '@llm-proxy/usage-schema';

export type PricedEvent = { ok: true; event: PricedUsage } | { ok: false; reason: string };

/** At the event's own time, so that a late or repeated event is priced as the first one was. */
export const priceEvent = (event: UsageEvent, rules: PriceRules): PricedEvent => {
  const result = priceUsageAt(new Date(event.time), event.data, rules);
  if (result.status === 'unpriceable') return { ok: false, reason: `unpriceable: ${result.reason}` };
  return { ok: true, event: { ...event, source: '/metering', type: PRICED_USAGE_TOPIC, data: { ...event.data, pricing: result.pricing } } };
};
