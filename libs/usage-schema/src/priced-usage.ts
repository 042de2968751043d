import { z } from 'zod';
import { cloudEventSchema } from './cloud-event.js';
import { PRICED_USAGE_TOPIC } from './topics.js';
import { usageDataSchema } from './usage-event.js';

/** Integers beyond 2^53 travel as decimal strings. */
const integerText = z.string().regex(/^-?\d+$/);

/** Usage type of the surcharge line. Always the last line of an event. */
export const SURCHARGE_TYPE = 'llm_proxy_surcharge';

/** Prefix of a usage type that was not charged, because the project's own provider key paid for it. */
export const OWN_KEY_PREFIX = 'custom_';

export const lineItemSchema = z.object({
  /** Usage type, e.g. `input_tokens`, `custom_output_tokens`, `llm_proxy_surcharge`; of another model inside the answer with its name, `output_tokens:claude-opus-5`. */
  type: z.string().min(1),
  /** Decimal text, at most nine places; `1` on the surcharge line. */
  quantity: z.string().regex(/^\d+(\.\d{1,9})?$/),
  /** Price of one unit after discounts and markups, in pico-dollars (1e-12 US$); `0` on the surcharge line. */
  unitPricePicoUsd: integerText,
  /** Rounded once, half to even, in nano-dollars (1e-9 US$). Zero for a `custom_` type. */
  amountNanoUsd: integerText,
});

export const pricingSchema = z.object({
  /**
   * Version of the price table, then `;deployment=<percent>%` and `;project=<percent>%` where such an adjustment was applied; then `;<model>` and the
   * same for every other model inside the answer to which others were applied.
   */
  priceVersion: z.string().min(1),
  /** The model whose prices were used: the response's when it is priced, else the request's. */
  model: z.string().min(1),
  lines: z.array(lineItemSchema),
  /** What the provider charges for the answer, whoever pays: at the table's prices, without discounts and markups. */
  providerCostNanoUsd: integerText,
  /** A share of the exact sum of the lines' prices, after discounts and markups. */
  surchargeNanoUsd: integerText,
  /** Sum of `amountNanoUsd` over the lines: what the project is charged. */
  totalNanoUsd: integerText,
  /** Usage types the provider reported and the price table has no price for, and what it says of the price itself, e.g. `speed_fast`, and runs that could not be charged, e.g. `iterations_declined`. */
  unpricedTypes: z.array(z.string()),
});

export const pricedUsageDataSchema = usageDataSchema.extend({ pricing: pricingSchema });
export const pricedUsageSchema = cloudEventSchema(PRICED_USAGE_TOPIC, pricedUsageDataSchema);

export type LineItem = z.infer<typeof lineItemSchema>;
export type Pricing = z.infer<typeof pricingSchema>;
export type PricedUsage = z.infer<typeof pricedUsageSchema>;
