import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });

/** Asked by accounts-api of billing: `GET /internal/unpriced-usage`. */
export const unpricedUsageQuerySchema = z.object({
  /** Missing: all projects. */
  projectId: z.uuid().optional(),
  /** Inclusive. */
  start: instant.optional(),
  /** Exclusive. */
  end: instant.optional(),
});

/** Something the provider reported and no price was known for, though the rest of the answer was priced. */
export const unpricedUsageRowSchema = z.object({
  provider: z.string(),
  model: z.string(),
  type: z.string(),
  /** Table that had no price for it. */
  priceVersion: z.string(),
  /** Answers with it. */
  events: z.number().int(),
  firstSeenAt: instant,
  lastSeenAt: instant,
});

export const unpricedUsageSchema = z.object({ rows: z.array(unpricedUsageRowSchema) });

export type UnpricedUsageQuery = z.infer<typeof unpricedUsageQuerySchema>;
export type UnpricedUsageRow = z.infer<typeof unpricedUsageRowSchema>;
