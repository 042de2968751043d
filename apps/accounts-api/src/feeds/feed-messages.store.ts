import { Inject, Injectable } from '@nestjs/common';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { Database, type Transaction } from '../database/database.js';
import type { FeedMessage } from '../generated/client.js';
import type { MessagesQuery } from './feed-messages.schema.js';

export interface NewMessage {
  /** Written once to a feed. */
  id: string;
  /** JSON text. */
  body: string;
}

/** `fresh`: those that were not there before, with their positions. */
export type Appended = { kind: 'appended'; fresh: { id: string; position: bigint }[] } | { kind: 'paused' } | { kind: 'missing' };

const DAY_MS = 86_400_000;
/** So that no statement of the sweep lasts long. */
const SWEEP_ROWS = 5_000;

@Injectable()
export class FeedMessagesStore {
  constructor(
    private readonly database: Database,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  /**
   * Appends all that the feed does not have yet, and lets go of its oldest messages beyond the limit; safe to repeat.
   * Whoever appends holds the feed's lock until the commit, so that no position becomes visible before those below it.
   */
  append(projectId: string, feedId: string, messages: readonly NewMessage[]): Promise<Appended> {
    return this.database.$transaction(async (transaction): Promise<Appended> => {
      const [feed] = await transaction.$queryRaw<{ paused: boolean; last: bigint }[]>`
        SELECT paused, last_position AS last FROM accounts.feeds WHERE id = ${feedId}::uuid AND project_id = ${projectId}::uuid FOR NO KEY UPDATE`;
      if (!feed) return { kind: 'missing' };
      if (feed.paused) return { kind: 'paused' };
      const fresh = await newTo(transaction, feedId, messages);
      if (fresh.length === 0) return { kind: 'appended', fresh: [] };
      const positions = fresh.map((_, index) => feed.last + BigInt(index + 1));
      await transaction.$executeRaw`
        INSERT INTO accounts.feed_messages (feed_id, position, id, body)
        SELECT ${feedId}::uuid, position, id, body
        FROM unnest(${positions}::bigint[], ${fresh.map(({ id }) => id)}::uuid[], ${fresh.map(({ body }) => body)}::text[]) AS fresh (position, id, body)`;
      const last = positions.at(-1)!;
      await transaction.feed.update({ where: { id: feedId }, data: { lastPosition: last } });
      await transaction.feedMessage.deleteMany({ where: { feedId, position: { lte: last - BigInt(this.config.FEED_MAX_MESSAGES) } } });
      return { kind: 'appended', fresh: fresh.map(({ id }, index) => ({ id, position: positions[index]! })) };
    });
  }

  /** @returns one message more than asked for when there are more */
  list(feedId: string, { take, order, after }: MessagesQuery): Promise<FeedMessage[]> {
    const beyond = after === undefined ? {} : { position: order === 'newest' ? { lt: after } : { gt: after } };
    return this.database.feedMessage.findMany({
      where: { feedId, ...beyond, publishedAt: { gt: this.oldestKept() } },
      orderBy: { position: order === 'newest' ? 'desc' : 'asc' },
      take: take + 1,
    });
  }

  /** Deletes what is too old, in any feed. @returns how many there were */
  async sweep(): Promise<number> {
    const oldest = this.oldestKept();
    for (let swept = 0; ; ) {
      const count = await this.database.$executeRaw`
        DELETE FROM accounts.feed_messages WHERE (feed_id, position) IN (
          SELECT feed_id, position FROM accounts.feed_messages WHERE published_at <= ${oldest} LIMIT ${SWEEP_ROWS})`;
      swept += count;
      if (count < SWEEP_ROWS) return swept;
    }
  }

  private oldestKept(): Date {
    return new Date(Date.now() - this.config.FEED_MAX_AGE_DAYS * DAY_MS);
  }
}

/** Of several with one id the first. */
const newTo = async (transaction: Transaction, feedId: string, messages: readonly NewMessage[]): Promise<NewMessage[]> => {
  const byId = new Map<string, NewMessage>();
  for (const message of messages) if (!byId.has(message.id)) byId.set(message.id, message);
  const there = await transaction.feedMessage.findMany({ where: { feedId, id: { in: [...byId.keys()] } }, select: { id: true } });
  for (const { id } of there) byId.delete(id);
  return [...byId.values()];
};
