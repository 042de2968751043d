import { adjustmentsAt, type PriceBook, priceUsage } from '@llm-proxy/pricing';
import { PRICED_USAGE_TOPIC, type PricedUsage, type UsageEvent } from '@llm-proxy/usage-schema';

export interface PriceRules {
  priceBook: PriceBook;
  surchargeBasisPoints: number;
}

export type PricedEvent = { ok: true; event: PricedUsage } | { ok: false; reason: string };

/** With the price table and the adjustments that hold at the event's own time, so that a late or repeated event is priced as the first one was. */
export const priceEvent = (event: UsageEvent, { priceBook, surchargeBasisPoints }: PriceRules): PricedEvent => {
  const time = new Date(event.time);
  const projectAdjustments = adjustmentsAt(event.data.priceAdjustments ?? [], time);
  const result = priceUsage(priceBook.tableAt(time), event.data, { surchargeBasisPoints, projectAdjustments });
  if (result.status === 'unpriceable') return { ok: false, reason: `unpriceable: ${result.reason}` };
  return { ok: true, event: { ...event, source: '/metering', type: PRICED_USAGE_TOPIC, data: { ...event.data, pricing: result.pricing } } };
};
