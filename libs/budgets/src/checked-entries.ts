import type { SpendEntry } from './port.js';

/** Both stores count in signed 64-bit integers: 9.2 thousand million dollars. */
const LARGEST_NANO_USD = 2n ** 63n - 1n;

/**
 * The entries of different events, in the order of their first appearance, with event ids in one spelling.
 * @throws RangeError naming the event whose amount or time does not fit the stores
 */
export const checkedEntries = (entries: readonly SpendEntry[]): SpendEntry[] => {
  const byEvent = new Map<string, SpendEntry>();
  for (const entry of entries) {
    assertFits(entry);
    const eventId = entry.eventId.toLowerCase();
    if (!byEvent.has(eventId)) byEvent.set(eventId, { ...entry, eventId });
  }
  return [...byEvent.values()];
};

const assertFits = ({ eventId, amountNanoUsd, occurredAt }: SpendEntry): void => {
  if (Number.isNaN(occurredAt.getTime())) throw new RangeError(`Event ${eventId} has no valid time.`);
  if (amountNanoUsd > LARGEST_NANO_USD || amountNanoUsd < -LARGEST_NANO_USD) throw new RangeError(`Event ${eventId} has an amount beyond 64 bits.`);
};
