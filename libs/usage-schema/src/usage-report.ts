import { z } from 'zod';

/** What a report can be grouped by, and the columns that grouping adds to a row. */
export const reportDimensions = [
  'provider',
  'model',
  'type',
  'user',
  'participant',
  'room',
  'apiKey',
  'client',
  'annotations',
] as const;

const instant = z.iso.datetime({ offset: true });

/** Asked by accounts-api of billing: `POST /internal/usage-report`. Absent filters do not filter. */
export const usageReportQuerySchema = z.object({
  /** Null: all projects (operators only; the caller has checked that). */
  projectId: z.uuid().nullable(),
  /** Inclusive. */
  start: instant.optional(),
  /** Exclusive. */
  end: instant.optional(),
  /** Splits the rows by UTC interval; each row then has `time`. */
  interval: z.enum(['hour', 'day', 'week', 'month']).optional(),
  groupBy: z.array(z.enum(reportDimensions)).default(['provider', 'model', 'type']),
  filters: z
    .object({
      /** User ids, participant names or service account ids: an answer matches when it is attributed to one of them. */
      subjects: z.array(z.string()).optional(),
      apiKeyIds: z.array(z.uuid()).optional(),
      room: z.string().optional(),
      provider: z.string().optional(),
      model: z.string().optional(),
      type: z.string().optional(),
      client: z.string().optional(),
      /** Every pair must be on the event. */
      annotations: z.record(z.string(), z.string()).optional(),
    })
    .default({}),
});

export const usageReportRowSchema = z.object({
  projectId: z.uuid(),
  /** Start of the interval; null without one. */
  time: instant.nullable(),
  provider: z.string().optional(),
  model: z.string().optional(),
  type: z.string().optional(),
  user: z.string().nullable().optional(),
  participant: z.string().nullable().optional(),
  room: z.string().nullable().optional(),
  apiKey: z.string().nullable().optional(),
  client: z.string().nullable().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  /** Decimal text: tokens, minutes, characters, …; the number of surcharge lines for the surcharge. */
  quantity: z.string(),
  amountNanoUsd: z.string().regex(/^-?\d+$/),
});

export const usageReportSchema = z.object({ rows: z.array(usageReportRowSchema) });

export type UsageReportQuery = z.infer<typeof usageReportQuerySchema>;
export type UsageReportRow = z.infer<typeof usageReportRowSchema>;
export type UsageReport = z.infer<typeof usageReportSchema>;
