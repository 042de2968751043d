import { z } from 'zod';
import { instantText } from '../http/answer.schema.js';

const amount = () => z.number().nullish();

/** Older clients leave `monthly_budget` out. */
export const rechargeSchema = z.object({ enabled: z.boolean(), amount: amount(), threshold: amount(), monthly_budget: amount() });

/** Where the payment page would send people afterwards. */
const returnTo = { success_url: z.string().max(2_000), cancel_url: z.string().max(2_000) };

export const checkoutSchema = z.object(returnTo);
export const creditsSchema = z.object({ quantity: z.number().positive(), ...returnTo });

/** US$. A project holds no credit here: nothing is recharged, and no budget is kept. */
export const balanceSchema = z
  .object({
    balance: z.number(),
    auto_recharge_threshold: z.number().nullable(),
    auto_recharge_amount: z.number().nullable(),
    last_recharge: instantText().nullable(),
    monthly_budget: z.number().nullable(),
    auto_recharge_paused: z.boolean(),
    auto_recharged_this_month: z.number().nullable(),
  })
  .meta({ id: 'Balance' });

const transactionSchema = z
  .object({ id: z.string(), amount: z.number(), reference: z.string().nullable(), referenceType: z.string().nullable(), description: z.string(), created_at: instantText() })
  .meta({ id: 'Transaction' });

export const transactionsSchema = z.object({ transactions: z.array(transactionSchema) });

export const subscriptionSchema = z.object({ subscription: z.null().describe('There is none.') });
