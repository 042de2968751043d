import { z } from 'zod';
import { text } from './fields.schema.js';

const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;

const wholeNumber = z.coerce.number().int().min(0);

/** All dialects of the clients: `page_size` and `continuation_token`, `limit` and `offset`, `count` and `offset`. */
export const pageSchema = z
  .object({
    page_size: wholeNumber.optional(),
    limit: wholeNumber.optional(),
    count: wholeNumber.optional(),
    offset: wholeNumber.max(1_000_000_000).optional(),
    continuation_token: z.union([z.literal(''), wholeNumber.max(1_000_000_000)]).optional(),
    filter: text(200).optional(),
  })
  .transform(({ page_size, limit, count, offset, continuation_token, filter }) => ({
    take: Math.min(page_size ?? limit ?? count ?? DEFAULT_PAGE, MAX_PAGE),
    skip: (continuation_token || offset) ?? 0,
    filter: filter || undefined,
  }));

export type Page = z.infer<typeof pageSchema>;

/** Token for the page after this one; null on the last. */
export const continuationOf = (page: Page, returned: number, total: number): string | null => {
  const next = page.skip + returned;
  return returned > 0 && next < total ? String(next) : null;
};
