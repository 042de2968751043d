import type { PriceTable } from '@llm-proxy/pricing';
import { type PriceAdjustment, SURCHARGE_TYPE } from '@llm-proxy/usage-schema';
import { z } from 'zod';

const unitPricesSchema = z.record(z.string(), z.record(z.string(), z.number())).describe('Of a provider: US$ per unit, by model and usage type.');
const surchargeSchema = z.object({ rate: z.number(), line_item_type: z.string(), price_version: z.string() }).describe('Under `surcharge`: what comes on top, as a fraction.');

export const priceListSchema = z.record(z.string(), z.union([surchargeSchema, unitPricesSchema])).meta({ id: 'PriceList' });

/**
 * `{provider: {model: {usage type: US$ per unit}}}`; the reserved key `surcharge` holds what comes on top, `rate` as a fraction.
 * @param adjustments the project's own that hold now
 */
export const toPriceList = (table: PriceTable, surchargeBasisPoints: number, adjustments: readonly PriceAdjustment[] = []): z.infer<typeof priceListSchema> => ({
  ...table.chargedPricesUsd(adjustments),
  surcharge: { rate: surchargeBasisPoints / 10_000, line_item_type: SURCHARGE_TYPE, price_version: table.version },
});
