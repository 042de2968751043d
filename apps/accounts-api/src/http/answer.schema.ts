import { z } from 'zod';

/** Done, and nothing more to say. */
export const okSchema = z.object({ ok: z.literal(true) }).meta({ id: 'Ok' });

export type Ok = z.infer<typeof okSchema>;

export const OK: Ok = { ok: true };

/** A moment in UTC. */
export const instantText = () => z.iso.datetime();

/** JSON that a caller once sent, as it came. */
export const storedObject = () => z.record(z.string(), z.unknown());

/** Besides its items a page says how many there are, and where the next one begins. */
export const pageEnd = { total: z.int().min(0), continuation_token: z.string().nullable().describe('For the page after this one; null on the last.') };
