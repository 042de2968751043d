import type { UsageReport, UsageReportRow } from '@llm-proxy/usage-schema';
import type { Database } from '../database/database.js';
import { Prisma } from '../generated/client.js';
import { clientName } from '../recording/client-name.js';
import { ReportTooLargeError } from './report.errors.js';
import { type ReportQuestion, totalsCanAnswer } from './report-question.js';
import { all, type ReportSource, sourceOf } from './report-sources.js';

type Dimension = ReportQuestion['groupBy'][number];

const COLUMNS: Record<Dimension, Prisma.Sql> = {
  provider: Prisma.sql`provider`,
  model: Prisma.sql`model`,
  type: Prisma.sql`type`,
  user: Prisma.sql`user_id`,
  participant: Prisma.sql`participant`,
  room: Prisma.sql`room`,
  apiKey: Prisma.sql`api_key_id`,
  client: Prisma.sql`client`,
  annotations: Prisma.sql`annotations`,
};

const MOST_ROWS = 50_000;

/**
 * Sums usage by project, interval and the asked dimensions, ordered by them.
 * @param source where the sums are read from; both give the same rows where the totals can answer at all
 * @throws ReportTooLargeError beyond 50,000 rows
 */
export const usageReport = async (
  database: Database,
  question: ReportQuestion,
  source: ReportSource = totalsCanAnswer(question) ? 'totals' : 'lines',
): Promise<UsageReport> => {
  const rows = await database.$queryRaw<StoredRow[]>(reportQuery(question, source));
  if (rows.length > MOST_ROWS) throw new ReportTooLargeError(MOST_ROWS);
  return { rows: rows.map((row) => toReportRow(row, question)) };
};

interface StoredRow extends Partial<Record<Dimension, unknown>> {
  project: string;
  time: string | null;
  quantity: string;
  amount: string;
}

const reportQuery = (question: ReportQuestion, source: ReportSource): Prisma.Sql => {
  const time = question.interval ? Prisma.sql`date_trunc(${question.interval}, at)` : Prisma.sql`NULL::timestamp`;
  const dimensions = question.groupBy.map((dimension) => Prisma.sql`, ${COLUMNS[dimension]} AS ${Prisma.raw(`"${dimension}"`)}`);
  const positions = Prisma.raw(Array.from({ length: 2 + question.groupBy.length }, (_, index) => index + 1).join(', '));
  return Prisma.sql`
    SELECT project_id::text AS project, to_char(${time}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS time ${concatenated(dimensions)},
      trim_scale(sum(quantity))::text AS quantity, sum(amount_nano)::text AS amount
    FROM (${sourceOf(source, question)}) AS used
    WHERE ${all(conditions(question))}
    GROUP BY ${positions} ORDER BY ${positions} LIMIT ${MOST_ROWS + 1}`;
};

const concatenated = (parts: readonly Prisma.Sql[]): Prisma.Sql => (parts.length === 0 ? Prisma.empty : Prisma.join([...parts], ' '));

const conditions = ({ filters }: ReportQuestion): (Prisma.Sql | undefined)[] => {
  const { subjects, apiKeyIds, annotations } = filters;
  return [
    equals(COLUMNS.room, filters.room),
    equals(COLUMNS.provider, filters.provider),
    equals(COLUMNS.model, filters.model),
    equals(COLUMNS.type, filters.type),
    equals(COLUMNS.client, clientName(filters.client ?? null) ?? undefined),
    apiKeyIds && Prisma.sql`api_key_id = ANY (${apiKeyIds}::uuid[])`,
    subjects && Prisma.sql`(user_id = ANY (${subjects}::text[]) OR participant = ANY (${subjects}::text[]) OR service_account_id = ANY (${subjects}::text[]))`,
    annotations && Object.keys(annotations).length > 0 ? Prisma.sql`annotations @> ${JSON.stringify(annotations)}::jsonb` : undefined,
  ];
};

const equals = (column: Prisma.Sql, value: string | undefined): Prisma.Sql | undefined => (value === undefined ? undefined : Prisma.sql`${column} = ${value}`);

const toReportRow = (row: StoredRow, { groupBy }: ReportQuestion): UsageReportRow => ({
  projectId: row.project,
  time: row.time,
  ...Object.fromEntries(groupBy.map((dimension) => [dimension, row[dimension]])),
  quantity: row.quantity,
  amountNanoUsd: row.amount,
});
