import type { Database } from '../database/database.js';
import type { LineItem, UsageEvent } from '../generated/client.js';

export interface RecordedEvent {
  event: UsageEvent;
  /** In their order on the bill; the surcharge is the last. */
  lines: LineItem[];
}

/** An event of the project with what is charged for it; null when the project has no such event. */
export const findEvent = async (database: Database, projectId: string, eventId: string): Promise<RecordedEvent | null> => {
  const event = await database.usageEvent.findFirst({ where: { id: eventId, projectId } });
  if (event === null) return null;
  return { event, lines: await database.lineItem.findMany({ where: { eventId }, orderBy: { position: 'asc' } }) };
};
