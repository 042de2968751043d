import type { SpendWindow } from './port.js';

const DAY_MS = 86_400_000;

/** How long a counter outlives its window, so that late events are still counted and the last window can be read. */
const KEPT_AFTER_END_MS = { day: 8 * DAY_MS, month: 40 * DAY_MS };

export interface WindowKey {
  kind: SpendWindow['kind'];
  /** First day of the window, `2026-11-22`. */
  start: string;
  expiresAt: Date;
}

/** The window that holds an instant, in UTC. Windows are part of a counter's key, so none is ever reset. */
export const windowKeyOf = ({ kind, at }: SpendWindow): WindowKey => {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  const start = Date.UTC(year, month, kind === 'day' ? day : 1);
  const end = kind === 'day' ? start + DAY_MS : Date.UTC(year, month + 1, 1);
  return { kind, start: new Date(start).toISOString().slice(0, 10), expiresAt: new Date(end + KEPT_AFTER_END_MS[kind]) };
};
