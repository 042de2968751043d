import { priceAdjustmentsSchema } from '@llm-proxy/usage-schema';
import { z } from 'zod';

/** Name of the stored document. It is the operator's, and so none of those that a project's admins write under `/settings`. */
export const PRICE_ADJUSTMENTS = 'price-adjustments';

/** A project's discounts and markups; none is an empty list. */
export const adjustmentsDocumentSchema = z.strictObject({ adjustments: priceAdjustmentsSchema });

export type AdjustmentsDocument = z.infer<typeof adjustmentsDocumentSchema>;
