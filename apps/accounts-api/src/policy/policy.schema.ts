import { z } from 'zod';

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
