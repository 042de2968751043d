import { type UsageEvent, usageEventSchema } from '@llm-proxy/usage-schema';
import { z } from 'zod';
import { toStorable } from './storable-json.js';

export type Decoded = { ok: true; event: UsageEvent } | { ok: false; reason: string };

const LONGEST_REASON = 500;

/** A message that is no usage event will never be one: the reason says what is wrong with it. */
export const decodeUsage = (value: Buffer): Decoded => {
  const json = parseJson(value.toString('utf8'));
  if (json === undefined) return { ok: false, reason: 'not JSON' };
  const parsed = usageEventSchema.safeParse(json);
  return parsed.success ? { ok: true, event: parsed.data } : { ok: false, reason: `not a usage event: ${z.prettifyError(parsed.error).slice(0, LONGEST_REASON)}` };
};

/** @returns undefined for what is not JSON */
const parseJson = (text: string): unknown => {
  try {
    const json: unknown = JSON.parse(text);
    // Text that no store takes can only stand in JSON as an escape; most events have none.
    return text.includes('\\u') ? toStorable(json) : json;
  } catch {
    return undefined;
  }
};
