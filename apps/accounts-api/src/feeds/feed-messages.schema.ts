import { z } from 'zod';
import type { FeedMessage } from '../generated/client.js';
import { instantText, pageEnd } from '../http/answer.schema.js';

const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;

/** Most messages of one publish. */
const MAX_BATCH = 1_000;

export const anyMessageSchema = z.json();

/** Parsed already; what is left to see is that it is a list of a size. */
export const messageBatchSchema = z.array(z.unknown()).min(1).max(MAX_BATCH).describe('Messages, in order; all are published, or none.');

export const messagesQuerySchema = z
  .object({
    page_size: z.coerce.number().int().min(1).optional(),
    order: z.enum(['newest', 'oldest']).optional().describe('`newest` first (the default), or `oldest` first.'),
    continuation_token: z.union([z.literal(''), z.coerce.bigint().min(0n).max(2n ** 62n)]).optional().describe('Position of the last message that was read, as the answer before gave it.'),
  })
  .transform(({ page_size, order, continuation_token }) => ({ take: Math.min(page_size ?? DEFAULT_PAGE, MAX_PAGE), order: order ?? 'newest', after: continuation_token === '' ? undefined : continuation_token }));

export type MessagesQuery = z.infer<typeof messagesQuerySchema>;

const placeSchema = z.object({ id: z.uuid(), position: z.string().describe('Decimal text: it may exceed 2^53.') }).meta({ id: 'FeedPlace' });

export const publishedSchema = placeSchema;
export const publishedBatchSchema = z.object({ messages: z.array(placeSchema) });

const feedMessageSchema = placeSchema.extend({ published_at: instantText(), message: z.json() }).meta({ id: 'FeedMessage' });

export const messagesAnswerSchema = z.object({ messages: z.array(feedMessageSchema), continuation_token: pageEnd.continuation_token });

export type Place = z.infer<typeof placeSchema>;

export const toMessagesAnswer = (messages: readonly FeedMessage[], hasMore: boolean): z.infer<typeof messagesAnswerSchema> => ({
  messages: messages.map(({ id, position, publishedAt, body }) => ({ id, position: String(position), published_at: publishedAt.toISOString(), message: JSON.parse(body) as z.infer<typeof feedMessageSchema>['message'] })),
  continuation_token: hasMore ? String(messages.at(-1)!.position) : null,
});
