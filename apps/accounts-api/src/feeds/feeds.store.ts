import { Injectable } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { writeAudit } from '../audit/write-audit.js';
import { Database, isDuplicate, isGone, Prisma, type Transaction } from '../database/database.js';
import { lockProject } from '../database/lock-project.js';
import type { Feed } from '../generated/client.js';
import { isUuid } from '../http/fields.schema.js';
import type { Page } from '../http/paging.schema.js';
import { type FeedUpdate, isFeedName, type NewFeed, toFeedName } from './feeds.schema.js';

const MAX_FEEDS = 100;

/** Which feeds somebody may see. @see feeds.schema.ts */
export type FeedAccess = 'all' | 'not private';

const visibleFeeds = (access: FeedAccess): Prisma.FeedWhereInput => (access === 'all' ? {} : { visibility: { not: 'private' } });

@Injectable()
export class FeedsStore {
  constructor(private readonly database: Database) {}

  /** @throws AccountsError `feed_not_found` */
  async get(projectId: string, id: string, access: FeedAccess = 'all'): Promise<Feed> {
    const feed = isUuid(id) ? await this.database.feed.findFirst({ where: { id, projectId, ...visibleFeeds(access) } }) : null;
    if (!feed) throw new AccountsError('feed_not_found');
    return feed;
  }

  /** @throws AccountsError `feed_not_found` */
  async getByName(projectId: string, text: string, access: FeedAccess): Promise<Feed> {
    const name = toFeedName(text);
    const feed = isFeedName(name) ? await this.database.feed.findFirst({ where: { name, projectId, ...visibleFeeds(access) } }) : null;
    if (!feed) throw new AccountsError('feed_not_found');
    return feed;
  }

  /** Those of these ids that there are, of any project. */
  async findAll(ids: readonly string[]): Promise<Map<string, Feed>> {
    const feeds = ids.length === 0 ? [] : await this.database.feed.findMany({ where: { id: { in: [...ids] } } });
    return new Map(feeds.map((feed) => [feed.id, feed]));
  }

  /** By name. */
  async list(projectId: string, page: Page, access: FeedAccess): Promise<{ feeds: Feed[]; total: number }> {
    const where = { projectId, ...visibleFeeds(access), ...(page.filter !== undefined && { name: { contains: page.filter } }) };
    const [feeds, total] = await Promise.all([
      this.database.feed.findMany({ where, orderBy: { name: 'asc' }, take: page.take, skip: page.skip }),
      this.database.feed.count({ where }),
    ]);
    return { feeds, total };
  }

  /** @throws AccountsError `feed_exists`, `too_many`, `project_not_found` */
  async create(projectId: string, { message_schema, annotations, ...rest }: NewFeed): Promise<Feed> {
    const data = { ...rest, projectId, annotations: annotations as Prisma.InputJsonObject, messageSchema: stored(message_schema) };
    return this.change(projectId, 'created', async (transaction) => {
      await lockProject(transaction, projectId);
      if ((await transaction.feed.count({ where: { projectId } })) >= MAX_FEEDS) throw new AccountsError('too_many', `The project has ${MAX_FEEDS} feeds, which is as many as it may have.`);
      return transaction.feed.create({ data });
    });
  }

  /** @throws AccountsError `feed_not_found`, `feed_exists` when the new name is taken */
  async update(projectId: string, id: string, update: FeedUpdate): Promise<Feed> {
    await this.get(projectId, id);
    return this.change(projectId, 'updated', (transaction) => transaction.feed.update({ where: { id, projectId }, data: toData(update) }));
  }

  /**
   * Its messages go with it. Loggers that lead to it stay, and copy nothing.
   * @throws AccountsError `feed_not_found`
   */
  async remove(projectId: string, id: string): Promise<void> {
    await this.get(projectId, id);
    await this.change(projectId, 'deleted', (transaction) => transaction.feed.delete({ where: { id, projectId } }));
  }

  private async change(projectId: string, what: 'created' | 'updated' | 'deleted', work: (transaction: Transaction) => Promise<Feed>): Promise<Feed> {
    try {
      return await this.database.$transaction(async (transaction) => {
        const feed = await work(transaction);
        const { id, name, visibility, paused } = feed;
        await writeAudit(transaction, projectId, { action: `feed.${what}`, target: { type: 'feed', id, name }, ...(what !== 'deleted' && { details: { visibility, paused } }) });
        return feed;
      });
    } catch (error) {
      if (isDuplicate(error)) throw new AccountsError('feed_exists');
      if (isGone(error)) throw new AccountsError('feed_not_found');
      throw error;
    }
  }
}

const stored = (schema: NewFeed['message_schema']) => (schema === null ? Prisma.DbNull : (schema as Prisma.InputJsonValue));

const toData = ({ name, description, visibility, paused, annotations, message_schema }: FeedUpdate): Prisma.FeedUpdateInput => ({
  generation: { increment: 1 },
  ...(name != null && { name }),
  ...(description != null && { description }),
  ...(visibility != null && { visibility }),
  ...(paused != null && { paused }),
  ...(annotations != null && { annotations: annotations as Prisma.InputJsonObject }),
  ...(message_schema !== undefined && { messageSchema: stored(message_schema) }),
});
