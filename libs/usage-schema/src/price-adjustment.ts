import { z } from 'zod';

const LOWEST_PERCENT = -100;
const HIGHEST_PERCENT = 1_000;

/** Decimal text, so that no float touches money; `-100` makes it free. */
const percent = z
  .string()
  .regex(/^[+-]?\d{1,4}(\.\d{1,4})?$/, 'a decimal text such as "-12.5", at most four places')
  .refine((text) => Number(text) >= LOWEST_PERCENT && Number(text) <= HIGHEST_PERCENT, `from ${LOWEST_PERCENT} to ${HIGHEST_PERCENT}`);

const instant = z.iso.datetime({ offset: true });

interface Validity {
  validFrom?: string | undefined;
  validUntil?: string | undefined;
}

const startOf = ({ validFrom }: Validity): number => (validFrom === undefined ? -Infinity : Date.parse(validFrom));
const endOf = ({ validUntil }: Validity): number => (validUntil === undefined ? Infinity : Date.parse(validUntil));

/** By how many percent prices are lowered (`-12.5`) or raised (`3`), and for what. */
export const priceAdjustmentSchema = z
  .strictObject({
    percent,
    /** Missing: every provider. */
    provider: z.string().min(1).max(128).optional(),
    /** Exact name, or the beginning of one before a final `*`. Missing: every model. */
    model: z.string().max(128).regex(/^[^*]+\*?$/, 'a name, or its beginning and a final *').optional(),
    /** Inclusive. */
    validFrom: instant.optional(),
    /** Exclusive. */
    validUntil: instant.optional(),
  })
  .refine(({ provider, model }) => model === undefined || provider !== undefined, { path: ['provider'], message: 'a model is named with its provider' })
  .refine((adjustment) => startOf(adjustment) < endOf(adjustment), { path: ['validUntil'], message: 'is not after validFrom' });

export type PriceAdjustment = z.infer<typeof priceAdjustmentSchema>;

const overlap = (a: PriceAdjustment, b: PriceAdjustment): boolean =>
  a.provider === b.provider && a.model === b.model && startOf(a) < endOf(b) && startOf(b) < endOf(a);

/** A list in which at any time at most one is the closest to a model: its order says nothing. */
export const priceAdjustmentsSchema = z
  .array(priceAdjustmentSchema)
  .max(50)
  .superRefine((adjustments, context) => {
    adjustments.forEach((adjustment, index) => {
      const other = adjustments.findIndex((earlier, at) => at < index && overlap(earlier, adjustment));
      if (other >= 0) context.addIssue({ code: 'custom', path: [index], message: `is for the same models at the same time as number ${other}` });
    });
  });

/** Whether it holds at the time. */
export const isAdjustmentValidAt = (adjustment: Validity, time: Date): boolean =>
  startOf(adjustment) <= time.getTime() && time.getTime() < endOf(adjustment);
