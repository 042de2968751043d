import { z } from 'zod';

/** Text that PostgreSQL can hold. */
export const text = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'has characters that cannot be stored');

export const nameText = () => text(200).trim().min(1);
export const descriptionText = () =>
  text(4_000)
    .nullish()
    .transform((value) => value ?? '');

const EMAIL = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** In lower case. ASCII alone, so that no address can be made to look like another; an international domain is written in its ASCII form. */
export const emailAddress = () =>
  z
    .string()
    .max(320)
    .transform((value) => value.trim().toLowerCase())
    .pipe(z.string().regex(EMAIL, 'must be an e-mail address in ASCII'));

const MAX_OBJECT_CHARACTERS = 64 * 1024;

/** In JSON text only NUL and unpaired surrogates stand as these escapes; jsonb takes neither. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i;

/** Free JSON object of the caller's, bounded. */
export const jsonObject = () =>
  z.record(z.string(), z.json()).refine((value) => {
    const json = JSON.stringify(value);
    return json.length <= MAX_OBJECT_CHARACTERS && !UNSTORABLE.test(json);
  }, 'is too large, or has characters that cannot be stored');

/** The same where clients send null for "none". */
export const jsonObjectOrNone = () =>
  jsonObject()
    .nullish()
    .transform((value) => value ?? {});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** In lower case, the one spelling that ids have here. What is no UUID is not in the database either: callers answer "not found", not "invalid". */
export const isUuid = (value: string): boolean => UUID.test(value);
