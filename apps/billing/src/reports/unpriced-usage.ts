import type { UnpricedUsageQuery, UnpricedUsageRow } from '@llm-proxy/usage-schema';
import type { Database } from '../database/database.js';
import { Prisma } from '../generated/client.js';
import { all } from './report-sources.js';

/** Types are the normaliser's own, so there are never many; the limit is a bound, not a page. */
const MOST_ROWS = 1_000;

/** Without the discounts and markups that were applied: they are not what lacks a price. */
const TABLE_VERSION = Prisma.sql`split_part(event.price_version, ';', 1)`;

/** What was reported by a provider and charged to nobody, because the price table does not know it. The most frequent first. */
export const unpricedUsage = (database: Database, { projectId, start, end }: UnpricedUsageQuery): Promise<UnpricedUsageRow[]> =>
  database.$queryRaw<UnpricedUsageRow[]>`
    SELECT event.provider, event.model, missing.type, ${TABLE_VERSION} AS "priceVersion", count(*)::int AS events,
      ${utc(Prisma.sql`min(event.occurred_at)`)} AS "firstSeenAt", ${utc(Prisma.sql`max(event.occurred_at)`)} AS "lastSeenAt"
    FROM billing.usage_events event CROSS JOIN LATERAL jsonb_array_elements_text(event.unpriced_types) AS missing(type)
    WHERE ${all([
      Prisma.sql`event.unpriced_types <> '[]'::jsonb`,
      projectId && Prisma.sql`event.project_id = ${projectId}::uuid`,
      start && Prisma.sql`event.occurred_at >= ${new Date(start)}::timestamptz`,
      end && Prisma.sql`event.occurred_at < ${new Date(end)}::timestamptz`,
    ])}
    GROUP BY 1, 2, 3, 4 ORDER BY events DESC, 1, 2, 3, 4 LIMIT ${MOST_ROWS}`;

const utc = (instant: Prisma.Sql): Prisma.Sql => Prisma.sql`to_char(${instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
