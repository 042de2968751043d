import type { PricedUsage } from '@llm-proxy/usage-schema';
import type { Database } from '../database/database.js';
import { orDatabaseAway } from '../database/database-away.js';
import { columnNames, unnest } from '../database/unnest.js';
import { Prisma } from '../generated/client.js';
import { eventColumns } from './event-columns.js';
import { lineColumns, lineRows } from './line-columns.js';
import { totalColumns, totalRows } from './total-rows.js';

type Transaction = Prisma.TransactionClient;

const LIMITS = { maxWait: 10_000, timeout: 60_000 };

/**
 * Records each event once: the event, its lines and its share of the totals, all of the batch or nothing of it.
 * Safe to repeat, and to call from several processes with the same events.
 * @returns how many events were new
 * @throws DatabaseAwayError when PostgreSQL is away, and what it says when it refuses a value; nothing is recorded then,
 * unless the answer to the commit itself was lost
 */
export const recordBatch = async (database: Database, events: readonly PricedUsage[]): Promise<number> => {
  const batch = distinctById(events);
  if (batch.size === 0) return 0;
  return orDatabaseAway(database.$transaction((transaction) => recordIn(transaction, batch), LIMITS));
};

const recordIn = async (transaction: Transaction, batch: Map<string, PricedUsage>): Promise<number> => {
  const fresh = await insertEvents(transaction, batch);
  if (fresh.length === 0) return 0;
  await insertLines(transaction, fresh);
  await addToTotals(transaction, fresh);
  return fresh.length;
};

const distinctById = (events: readonly PricedUsage[]): Map<string, PricedUsage> => {
  const byId = new Map<string, PricedUsage>();
  for (const event of events) {
    const id = event.id.toLowerCase();
    if (!byId.has(id)) byId.set(id, event);
  }
  return byId;
};

/** In the order of the ids, so that two writers with the same events wait for each other instead of deadlocking. */
const insertEvents = async (transaction: Transaction, batch: Map<string, PricedUsage>): Promise<PricedUsage[]> => {
  const inserted = await transaction.$queryRaw<{ id: string }[]>`
    INSERT INTO billing.usage_events (${columnNames(eventColumns)})
    SELECT * FROM ${unnest(eventColumns, [...batch.values()])} ORDER BY 1
    ON CONFLICT (id) DO NOTHING RETURNING id::text`;
  return inserted.map(({ id }) => batch.get(id)!);
};

const insertLines = (transaction: Transaction, events: readonly PricedUsage[]): Promise<number> =>
  transaction.$executeRaw`
    INSERT INTO billing.line_items (${columnNames(lineColumns)})
    SELECT * FROM ${unnest(lineColumns, lineRows(events))}`;

/** In the order of the keys, for the same reason as the events. */
const addToTotals = (transaction: Transaction, events: readonly PricedUsage[]): Promise<number> =>
  transaction.$executeRaw`
    INSERT INTO billing.usage_totals AS total (${columnNames(totalColumns)})
    SELECT * FROM ${unnest(totalColumns, totalRows(events))} ORDER BY 1, 2, 3
    ON CONFLICT (project_id, day, dimensions_key) DO UPDATE SET
      quantity = total.quantity + excluded.quantity,
      amount_nano = total.amount_nano + excluded.amount_nano,
      events = total.events + excluded.events`;
