import { randomUUIDv7 } from 'node:crypto';
import { AccountsError } from '../accounts.errors.js';
import type { Feed } from '../generated/client.js';
import type { FeedMessagesStore, NewMessage } from './feed-messages.store.js';
import type { Place } from './feed-messages.schema.js';
import { messageSchemaOf } from './feeds.schema.js';
import { problemOfMessages } from './message-schema.js';

/**
 * Publishes all of them, in order, or none.
 * @throws AccountsError `feed_paused`, `feed_not_found`, `message_mismatch`, `message_too_large`
 */
export const publishMessages = async (store: FeedMessagesStore, feed: Feed, values: readonly unknown[], maxBytes: number): Promise<Place[]> => {
  if (feed.paused) throw new AccountsError('feed_paused');
  const messages = values.map((value): NewMessage => ({ id: randomUUIDv7(), body: JSON.stringify(value) }));
  const tooLarge = messages.findIndex(({ body }) => Buffer.byteLength(body) > maxBytes);
  if (tooLarge >= 0) throw new AccountsError('message_too_large', `Message ${tooLarge} is larger than ${maxBytes} bytes.`);
  const misfit = problemOfMessages(feed.projectId, messageSchemaOf(feed), values);
  if (misfit) throw new AccountsError('message_mismatch', `Message ${misfit.index} does not fit the schema of the feed: ${misfit.problem}.`);
  const appended = await store.append(feed.projectId, feed.id, messages);
  if (appended.kind === 'missing') throw new AccountsError('feed_not_found');
  if (appended.kind === 'paused') throw new AccountsError('feed_paused');
  return appended.fresh.map(({ id, position }) => ({ id, position: String(position) }));
};
