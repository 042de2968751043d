import { z } from 'zod';

/** The format of a price file; `data/README.md` explains it to whoever writes one. */
const usdText = z.string().regex(/^\d{1,12}(\.\d{1,12})?$/, 'a decimal text such as "1.25"');
const name = z.string().min(1).max(128);
const suffix = z.string().regex(/^[a-z0-9_]+$/);
const usageFormat = z.enum(['openai', 'anthropic']);
const pricesByType = z.record(name, usdText);

const longContextSchema = z.strictObject({
  threshold: z.int().positive(),
  comparison: z.enum(['>', '>=']),
  counts: z.array(name).min(1),
  models: z.union([z.literal('all'), z.array(name)]).default([]),
  modelPrefixes: z.array(name).default([]),
});

const priceGroupSchema = z
  .strictObject({
    models: z.array(name).min(1),
    perMillionUsd: pricesByType.default({}),
    perUnitUsd: pricesByType.default({}),
    /** In place of the provider's threshold. */
    longContextThreshold: z.int().positive().optional(),
  })
  .refine((group) => !Object.keys(group.perUnitUsd).some((type) => type in group.perMillionUsd), 'a usage type has two prices');

export const usageMultipleSchema = z.strictObject({
  /** String member of the usage object. */
  member: z.string().max(64).regex(/^[a-z][a-z0-9_]*$/, 'a member of the usage object such as speed'),
  /** As the provider says it, in lower case; also the suffix of the prices. */
  value: z.string().max(40).regex(/^[a-z0-9][a-z0-9_.-]*$/, 'a value in lower case such as fast'),
  /** Of the token prices; 100: nothing changes. */
  percent: z.int().min(1).max(10_000),
  /** Missing: all of the provider. */
  models: z.array(name).min(1).optional(),
});

const providerSchema = z.strictObject({
  usageFormat,
  surcharged: z.boolean(),
  serviceTiers: z.array(suffix).default([]),
  usageFormatByPath: z.record(z.string().startsWith('/'), z.strictObject({ format: usageFormat, renames: z.record(name, name).default({}) })).default({}),
  inputOnlyPaths: z.record(z.string().startsWith('/'), suffix).default({}),
  discountedPaths: z
    .record(z.string().startsWith('/'), z.strictObject({ suffix, percent: z.int().min(1).max(99), source: z.string().min(1) }))
    .default({}),
  longContext: longContextSchema.optional(),
  multiples: z.array(usageMultipleSchema).default([]),
  prices: z.array(priceGroupSchema),
});

export const priceTableSchema = z.strictObject({
  version: z.string().min(1).max(64),
  /** From this instant on the table is the one to use. */
  validFrom: z.iso.datetime(),
  currency: z.literal('USD'),
  source: z.string().min(1),
  providers: z.record(name, providerSchema),
});

export type PriceTableData = z.infer<typeof priceTableSchema>;
export type ProviderData = z.infer<typeof providerSchema>;
export type PriceGroupData = z.infer<typeof priceGroupSchema>;
export type UsageMultiple = z.infer<typeof usageMultipleSchema>;
export type UsageFormat = z.infer<typeof usageFormat>;
