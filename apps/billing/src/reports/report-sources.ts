import { Prisma } from '../generated/client.js';
import type { ReportQuestion } from './report-question.js';

/**
 * Two tables that a report can be summed from, with the same columns: project_id, at (UTC), the dimensions, quantity, amount_nano.
 * Time and project are filtered in here, where the indexes are.
 */
export type ReportSource = 'totals' | 'lines';

export const sourceOf = (source: ReportSource, question: ReportQuestion): Prisma.Sql =>
  source === 'totals' ? totals(question) : lines(question);

const totals = (question: ReportQuestion): Prisma.Sql => Prisma.sql`
  SELECT project_id, day::timestamp AS at, user_id, participant, service_account_id, room, api_key_id, client, provider, model, type, quantity, amount_nano
  FROM billing.usage_totals
  WHERE ${all([
    question.projectId && Prisma.sql`project_id = ${question.projectId}::uuid`,
    question.start && Prisma.sql`day >= ${utcDay(question.start)}::date`,
    question.end && Prisma.sql`day < ${utcDay(question.end)}::date`,
  ])}`;

const lines = (question: ReportQuestion): Prisma.Sql => Prisma.sql`
  SELECT event.project_id, event.occurred_at AT TIME ZONE 'UTC' AS at, event.user_id, event.participant, event.service_account_id, event.room,
    event.api_key_id, event.client, event.provider, event.model, line.type, line.quantity, line.amount_nano, event.annotations
  FROM billing.usage_events event JOIN billing.line_items line ON line.event_id = event.id
  WHERE ${all([
    question.projectId && Prisma.sql`event.project_id = ${question.projectId}::uuid`,
    question.start && Prisma.sql`event.occurred_at >= ${question.start}::timestamptz`,
    question.end && Prisma.sql`event.occurred_at < ${question.end}::timestamptz`,
  ])}`;

const utcDay = (instant: Date): string => instant.toISOString().slice(0, 10);

/** Every condition that is there; true when none is. */
export const all = (conditions: readonly (Prisma.Sql | null | undefined | false | '')[]): Prisma.Sql =>
  Prisma.join([Prisma.sql`TRUE`, ...conditions.filter((condition) => condition instanceof Prisma.Sql)], ' AND ');
