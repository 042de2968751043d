import { OWN_KEY_PREFIX, SURCHARGE_TYPE } from '@llm-proxy/usage-schema';
import type { LineItem, PriceAdjustment, Pricing, UsageData } from '@llm-proxy/usage-schema';
import { ZERO, addExact } from './exact-number.js';
import type { Exact } from './exact-number.js';
import { costOf, formatQuantity, shareNanoUsd, toNanoUsd } from './money.js';
import { normaliseUsage } from './normalise/normalise-usage.js';
import type { UsageFacts } from './normalise/normalise-usage.js';
import type { Quantity } from './normalise/quantity.js';
import type { Adjustment } from './price-adjustment.js';
import type { PricedModel } from './priced-model.js';
import type { PriceTable } from './price-table.js';

export interface PricingOptions {
  /** Share of the provider's price that is added for surcharged providers, in hundredths of a percent: 500 is 5 %. */
  surchargeBasisPoints: number;
  /** The project's own discounts and markups that hold at the time of the answer; on top of those of the table. */
  projectAdjustments?: readonly PriceAdjustment[] | undefined;
}

export type PricedResult = { status: 'priced'; pricing: Pricing } | { status: 'unpriceable'; reason: string };

interface UsageLines {
  lines: LineItem[];
  /** What the provider charges at the table's prices, exact, in pico-dollars. */
  providerCost: Exact;
  /** The same at the adjusted prices. */
  subtotal: Exact;
  /** Of the lines. */
  chargedNanoUsd: bigint;
  unpricedTypes: string[];
}

interface Used {
  quantities: readonly Quantity[];
  model: PricedModel;
  adjustment: Adjustment;
  /** What the types of the lines end with. */
  ending: string;
}

const linesOf = (used: readonly Used[], isOwnKey: boolean): UsageLines => {
  const result: UsageLines = { lines: [], providerCost: ZERO, subtotal: ZERO, chargedNanoUsd: 0n, unpricedTypes: [] };
  for (const { quantities, model, adjustment, ending } of used) {
    for (const { type, amount } of quantities) {
      const tablePrice = model.prices.get(type);
      if (tablePrice === undefined) {
        result.unpricedTypes.push(type + ending);
        continue;
      }
      const unitPrice = adjustment.adjust(tablePrice);
      const cost = costOf(amount, unitPrice);
      const charged = isOwnKey ? 0n : toNanoUsd(cost);
      result.providerCost = addExact(result.providerCost, costOf(amount, tablePrice));
      result.subtotal = addExact(result.subtotal, cost);
      result.chargedNanoUsd += charged;
      result.lines.push({
        type: (isOwnKey ? OWN_KEY_PREFIX : '') + type + ending,
        quantity: formatQuantity(amount),
        unitPricePicoUsd: unitPrice.toString(),
        amountNanoUsd: charged.toString(),
      });
    }
  }
  return result;
};

const surchargeLine = (amountNanoUsd: bigint): LineItem => ({
  type: SURCHARGE_TYPE,
  quantity: '1',
  unitPricePicoUsd: '0',
  amountNanoUsd: amountNanoUsd.toString(),
});

const basisPointsOf = ({ surchargeBasisPoints }: PricingOptions): bigint => {
  if (!Number.isSafeInteger(surchargeBasisPoints) || surchargeBasisPoints < 0) throw new RangeError('surchargeBasisPoints must be a whole number, 0 or more');
  return BigInt(surchargeBasisPoints);
};

/**
 * Prices one answer. Each line's amount is rounded once, and the surcharge once, from the exact and unrounded sum of quantities
 * and adjusted prices. Pure: the same input gives the same lines.
 * @returns `unpriceable` with the reason when the answer cannot be charged as it stands; such an event is to be kept
 * @throws RangeError for a surcharge that is no whole number of basis points; never for what `data` holds
 */
export const priceUsage = (table: PriceTable, data: UsageFacts & Pick<UsageData, 'providerKey'>, options: PricingOptions): PricedResult => {
  const basisPoints = basisPointsOf(options);
  const usage = normaliseUsage(table, data);
  if (usage.status === 'unpriceable') return usage;
  const model = table.lookup(data.provider, usage.model) as PricedModel;
  const adjustment = table.adjustmentOf(data.provider, usage.model, options.projectAdjustments);
  const others = usage.others.map((other): Used & { label: string } => {
    const own = table.adjustmentOf(data.provider, other.model, options.projectAdjustments);
    const label = own.label === adjustment.label ? '' : `;${other.model}${own.label}`;
    return { quantities: other.quantities, model: table.lookup(data.provider, other.model) as PricedModel, adjustment: own, ending: `:${other.model}`, label };
  });
  const used = [{ quantities: usage.quantities, model, adjustment, ending: '' }, ...others];
  const { lines, providerCost, subtotal, chargedNanoUsd, unpricedTypes: withoutPrice } = linesOf(used, data.providerKey === 'project');
  const unpricedTypes = [...new Set([...withoutPrice, ...usage.unpricedTypes])];
  if (lines.length === 0 && unpricedTypes.length > 0) {
    return { status: 'unpriceable', reason: `no price for ${unpricedTypes.join(', ')} of ${data.provider} model "${usage.model}" in ${table.version}` };
  }
  const isSurcharged = model.rules.surcharged && basisPoints > 0n && subtotal.numerator > 0n;
  const surcharge = isSurcharged ? shareNanoUsd(subtotal, basisPoints) : 0n;
  if (isSurcharged) lines.push(surchargeLine(surcharge));
  const pricing: Pricing = {
    priceVersion: table.version + adjustment.label + others.map(({ label }) => label).join(''),
    model: usage.model,
    lines,
    providerCostNanoUsd: toNanoUsd(providerCost).toString(),
    surchargeNanoUsd: surcharge.toString(),
    totalNanoUsd: (chargedNanoUsd + surcharge).toString(),
    unpricedTypes,
  };
  return { status: 'priced', pricing };
};
