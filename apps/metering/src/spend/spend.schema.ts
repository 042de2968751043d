import { countedDimensions, type SpendScope, type SpendWindow } from '@llm-proxy/budgets';
import { z } from 'zod';

/** `?window=day|month&at=<instant>&user=…` (or `participant`, `room`, `apiKey`): without one of them, the whole project. */
export const spendQuestionSchema = z
  .strictObject({
    projectId: z.uuid(),
    window: z.enum(['day', 'month']).default('day'),
    at: z.iso.datetime({ offset: true }).optional(),
    user: z.string().optional(),
    participant: z.string().optional(),
    room: z.string().optional(),
    apiKey: z.string().optional(),
  })
  .refine((question) => countedDimensions.filter((dimension) => question[dimension] !== undefined).length <= 1, {
    message: `at most one of ${countedDimensions.join(', ')}`,
  });

export type SpendQuestion = z.infer<typeof spendQuestionSchema>;

export const scopeOf = (question: SpendQuestion): SpendScope => {
  const dimension = countedDimensions.find((name) => question[name] !== undefined);
  return dimension === undefined ? { dimension: 'project' } : { dimension, value: question[dimension] ?? '' };
};

export const windowOf = ({ window, at }: SpendQuestion, now: Date): SpendWindow => ({ kind: window, at: at === undefined ? now : new Date(at) });
