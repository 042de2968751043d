import { type PriceBook, priceUsage } from '@llm-proxy/pricing';
import { PRICED_USAGE_TOPIC, type PricedUsage, type UsageEvent } from '@llm-proxy/usage-schema';

export interface PriceRules {
  priceBook: PriceBook;
  surchargeBasisPoints: number;
}

export type PricedEvent = { ok: true; event: PricedUsage } | { ok: false; reason: string };

/** With the price table that holds at the event's own time, so that a late or repeated event is priced as the first one was. */
export const priceEvent = (event: UsageEvent, { priceBook, surchargeBasisPoints }: PriceRules): PricedEvent => {
  const result = priceUsage(priceBook.tableAt(new Date(event.time)), event.data, { surchargeBasisPoints });
  if (result.status === 'unpriceable') return { ok: false, reason: `unpriceable: ${result.reason}` };
  return { ok: true, event: { ...event, source: '/metering', type: PRICED_USAGE_TOPIC, data: { ...event.data, pricing: result.pricing } } };
};
