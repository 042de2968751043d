import type { SpendEntry } from '../port.js';
import { scopeKeysOf } from '../spend-scope.js';
import { windowKeyOf } from '../spend-window.js';

export interface SpendRow {
  projectId: string;
  kind: string;
  start: string;
  scope: string;
  expiresAt: Date;
  amountNanoUsd: bigint;
}

/** What the entries add, one row per counter, in the order of the keys: writers that lock rows in one order cannot deadlock. */
export const spendRows = (entries: readonly SpendEntry[]): SpendRow[] => {
  const rows = new Map<string, SpendRow>();
  for (const entry of entries) {
    const scopes = scopeKeysOf(entry);
    for (const kind of ['day', 'month'] as const) {
      const { start, expiresAt } = windowKeyOf({ kind, at: entry.occurredAt });
      for (const scope of scopes) {
        const key = `${entry.projectId} ${kind} ${start} ${scope}`;
        const row = rows.get(key);
        if (row) row.amountNanoUsd += entry.amountNanoUsd;
        else rows.set(key, { projectId: entry.projectId, kind, start, scope, expiresAt, amountNanoUsd: entry.amountNanoUsd });
      }
    }
  }
  return [...rows].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
};
