import { priceAdjustmentsSchema } from '@llm-proxy/usage-schema';
import { z } from 'zod';
import { parsePicoUsd } from './money.js';
import { usageMultipleSchema } from './price-table.schema.js';

/** The format of a deployment's price file; `data/README.md` explains it to whoever writes one. */
const name = z.string().min(1).max(128);
const usageType = z.string().max(128).regex(/^[a-z0-9][a-z0-9_.-]*$/, 'a usage type such as input_tokens');
const MILLION = 1_000_000n;

const priceFor = (units: bigint) =>
  z
    .string()
    .regex(/^\d{1,12}(\.\d{1,12})?$/, 'a decimal text such as "1.25"')
    .refine((text) => parsePicoUsd(text, units) !== undefined, 'not a whole number of pico-dollars (1e-12 US$) per unit');

const priceGroupSchema = z
  .strictObject({
    models: z.array(name).min(1),
    perMillionUsd: z.record(usageType, priceFor(MILLION)).default({}),
    perUnitUsd: z.record(usageType, priceFor(1n)).default({}),
    /** In place of the provider's threshold; alone, for models that have `_long` prices already. */
    longContextThreshold: z.int().positive().optional(),
  })
  .refine(
    ({ perMillionUsd, perUnitUsd, longContextThreshold }) => Object.keys(perMillionUsd).length + Object.keys(perUnitUsd).length > 0 || longContextThreshold !== undefined,
    'holds no price',
  )
  .refine(({ perMillionUsd, perUnitUsd }) => !Object.keys(perUnitUsd).some((type) => Object.hasOwn(perMillionUsd, type)), 'a usage type has two prices');

const instant = z.iso.datetime({ offset: true });

const priceChangeSchema = z
  .strictObject({
    /** Inclusive. */
    validFrom: instant,
    /** Exclusive; missing: until another change prices the same anew. */
    validUntil: instant.optional(),
    source: z.string().min(1).max(500),
    prices: z.record(name, z.array(priceGroupSchema).min(1)).default({}),
    /** By provider: what it charges for all tokens when its usage object says so. */
    multiples: z.record(name, z.array(usageMultipleSchema).min(1)).optional(),
  })
  .refine(({ prices, multiples }) => Object.keys(prices).length + Object.keys(multiples ?? {}).length > 0, 'changes nothing')
  .refine(({ validFrom, validUntil }) => validUntil === undefined || Date.parse(validFrom) < Date.parse(validUntil), { path: ['validUntil'], message: 'is not after validFrom' });

export const priceFileSchema = z.strictObject({
  /** Part of the price versions that the file makes. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/, 'up to 32 letters, digits, ".", "_" and "-"'),
  currency: z.literal('USD'),
  changes: z.array(priceChangeSchema).default([]),
  adjustments: priceAdjustmentsSchema.default([]),
});

export type PriceFile = z.infer<typeof priceFileSchema>;
export type PriceChange = PriceFile['changes'][number];
export type PriceChangeGroup = PriceChange['prices'][string][number];
