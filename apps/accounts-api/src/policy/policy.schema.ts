import { z } from 'zod';
import { isUuid } from '../http/fields.schema.js';

/** What somebody made up as a project id is no reason to refuse the whole question. */
export const projectIdsSchema = z.object({
  projectIds: z
    .array(z.string())
    .max(2_000)
    .transform((ids) => ids.filter(isUuid)),
});

/** A gateway's connection must not look dead to anything between us. */
export const MAX_WAIT_MS = 25_000;

export const changesQuerySchema = z.object({
  after: z
    .string()
    .regex(/^\d{1,18}$/)
    .transform(BigInt)
    .optional(),
  waitMs: z.coerce.number().int().min(0).default(0),
});
