import type { PriceTable } from '@llm-proxy/pricing';
import { type PriceAdjustment, SURCHARGE_TYPE } from '@llm-proxy/usage-schema';

/**
 * `{provider: {model: {usage type: US$ per unit}}}`; the reserved key `surcharge` holds what comes on top, `rate` as a fraction.
 * @param adjustments the project's own that hold now
 */
export const toPriceList = (table: PriceTable, surchargeBasisPoints: number, adjustments: readonly PriceAdjustment[] = []) => ({
  ...table.chargedPricesUsd(adjustments),
  surcharge: { rate: surchargeBasisPoints / 10_000, line_item_type: SURCHARGE_TYPE, price_version: table.version },
});
