import { type PricedUsage, pricedUsageSchema } from '@llm-proxy/usage-schema';
import { z } from 'zod';

export type Decoded = { ok: true; event: PricedUsage } | { ok: false; reason: string };

const LONGEST_REASON = 500;

/** A message that is no priced event will never be one: the reason says what is wrong with it. */
export const decodePricedUsage = (value: Buffer): Decoded => {
  let json: unknown;
  try {
    json = JSON.parse(value.toString('utf8'));
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
  const parsed = pricedUsageSchema.safeParse(json);
  return parsed.success ? { ok: true, event: parsed.data } : { ok: false, reason: `not a priced usage event: ${z.prettifyError(parsed.error).slice(0, LONGEST_REASON)}` };
};
