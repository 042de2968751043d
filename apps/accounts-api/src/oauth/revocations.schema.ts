import { z } from 'zod';

export const revokedQuerySchema = z.object({
  after: z
    .string()
    .regex(/^\d{1,18}$/)
    .default('0')
    .transform(BigInt),
});
