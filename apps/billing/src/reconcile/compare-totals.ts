import type { Database } from '../database/database.js';
import { Prisma } from '../generated/client.js';

export interface CompareOptions {
  /** Missing: all projects. */
  projectId?: string;
  /** First UTC day, `2026-11-22`; missing: from the beginning. */
  from?: string;
  /** Last UTC day, inclusive; missing: to the end. */
  to?: string;
}

/** One combination of dimensions whose total is not the sum of its lines. `null` stands for "no such row". */
export interface Difference {
  projectId: string;
  day: string;
  dimensions: Record<string, string | null>;
  inLines: Sums | null;
  inTotals: Sums | null;
}

interface Sums {
  quantity: string;
  amountNanoUsd: string;
  events: string;
}

const MOST_DIFFERENCES = 1_000;

/** Compares in one statement, that is in one snapshot, so that recording may go on meanwhile. @returns at most 1000 differences */
export const compareTotals = async (database: Database, options: CompareOptions = {}): Promise<Difference[]> => {
  const { projectId, from, to } = options;
  const range = (project: string, day: string) => Prisma.sql`
    (${projectId ?? null}::uuid IS NULL OR ${Prisma.raw(project)} = ${projectId ?? null}::uuid)
    AND (${from ?? null}::date IS NULL OR ${Prisma.raw(day)} >= ${from ?? null}::date)
    AND (${to ?? null}::date IS NULL OR ${Prisma.raw(day)} <= ${to ?? null}::date)`;
  return database.$queryRaw<Difference[]>`
    WITH lines AS (
      SELECT event.project_id, (event.occurred_at AT TIME ZONE 'UTC')::date AS day,
        jsonb_build_object('user', event.user_id, 'participant', event.participant, 'serviceAccount', event.service_account_id, 'room', event.room,
          'apiKey', event.api_key_id, 'client', event.client, 'provider', event.provider, 'model', event.model, 'type', line.type) AS dimensions,
        sum(line.quantity) AS quantity, sum(line.amount_nano) AS amount, count(*) AS events
      FROM billing.usage_events event JOIN billing.line_items line ON line.event_id = event.id
      WHERE ${range('event.project_id', `(event.occurred_at AT TIME ZONE 'UTC')::date`)}
      GROUP BY 1, 2, 3
    ), totals AS (
      SELECT project_id, day,
        jsonb_build_object('user', user_id, 'participant', participant, 'serviceAccount', service_account_id, 'room', room,
          'apiKey', api_key_id, 'client', client, 'provider', provider, 'model', model, 'type', type) AS dimensions,
        sum(quantity) AS quantity, sum(amount_nano) AS amount, sum(events) AS events
      FROM billing.usage_totals
      WHERE ${range('project_id', 'day')}
      GROUP BY 1, 2, 3
    )
    SELECT project_id::text AS "projectId", day::text AS day, dimensions, ${sums('lines')} AS "inLines", ${sums('totals')} AS "inTotals"
    FROM lines FULL JOIN totals USING (project_id, day, dimensions)
    WHERE (lines.quantity, lines.amount, lines.events) IS DISTINCT FROM (totals.quantity, totals.amount, totals.events)
    ORDER BY project_id, day, dimensions LIMIT ${MOST_DIFFERENCES}`;
};

const sums = (source: 'lines' | 'totals'): Prisma.Sql => {
  const column = (name: string) => Prisma.raw(`${source}.${name}`);
  return Prisma.sql`CASE WHEN ${column('events')} IS NOT NULL THEN
    jsonb_build_object('quantity', trim_scale(${column('quantity')})::text, 'amountNanoUsd', ${column('amount')}::text, 'events', ${column('events')}::text) END`;
};
