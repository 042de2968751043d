import { isAdjustmentValidAt } from '@llm-proxy/usage-schema';
import type { PriceAdjustment } from '@llm-proxy/usage-schema';
import { formatPercent, parsePercent, roundHalfEven } from './money.js';

const WHOLE = 100n * 10_000n;

/** Who gave a discount or markup, in the order in which a price version names them. */
export type AdjustmentLevel = 'deployment' | 'project';

/** What becomes of the prices of one model. */
export interface Adjustment {
  /** Pico-dollars to pico-dollars, rounded once, half to even, however many adjustments there are. */
  adjust(picoUsd: bigint): bigint;
  /** For the price version: `;deployment=+3%;project=-12.5%`; empty when nothing changes. */
  readonly label: string;
}

const NONE: Adjustment = { adjust: (picoUsd) => picoUsd, label: '' };

/** An exact name is closer than a beginning, a longer beginning closer than a shorter one, and a provider closer than none. */
const closeness = ({ provider, model }: PriceAdjustment): number => {
  if (provider === undefined) return 0;
  if (model === undefined) return 1;
  return model.endsWith('*') ? 1 + model.length : Infinity;
};

const covers = (adjustment: PriceAdjustment, provider: string, model: string): boolean => {
  if (adjustment.provider === undefined) return true;
  if (adjustment.provider !== provider) return false;
  if (adjustment.model === undefined) return true;
  return adjustment.model.endsWith('*') ? model.startsWith(adjustment.model.slice(0, -1)) : adjustment.model === model;
};

const closest = (adjustments: readonly PriceAdjustment[], provider: string, model: string): PriceAdjustment | undefined => {
  let best: PriceAdjustment | undefined;
  for (const adjustment of adjustments) {
    if (covers(adjustment, provider, model) && (best === undefined || closeness(adjustment) > closeness(best))) best = adjustment;
  }
  return best;
};

/** Those that hold at the time. */
export const adjustmentsAt = (adjustments: readonly PriceAdjustment[], time: Date): PriceAdjustment[] =>
  adjustments.filter((adjustment) => isAdjustmentValidAt(adjustment, time));

/**
 * The closest adjustment of each level, multiplied: 10 % more and then 10 % off is 1 % off, in either order.
 * @param levels valid lists (`priceAdjustmentsSchema`), already narrowed to one time
 */
export const adjustmentOf = (levels: Partial<Record<AdjustmentLevel, readonly PriceAdjustment[]>>, provider: string, model: string): Adjustment => {
  let numerator = 1n;
  let denominator = 1n;
  let label = '';
  for (const level of ['deployment', 'project'] as const) {
    const found = closest(levels[level] ?? [], provider, model);
    const percent = found === undefined ? 0n : parsePercent(found.percent);
    if (percent === 0n) continue;
    numerator *= WHOLE + percent;
    denominator *= WHOLE;
    label += `;${level}=${formatPercent(percent)}%`;
  }
  return label === '' ? NONE : { adjust: (picoUsd) => roundHalfEven(picoUsd * numerator, denominator), label };
};
