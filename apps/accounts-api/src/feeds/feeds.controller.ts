import { Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { StandingHere } from '../access/caller.js';
import { mayReadPrivateFeeds, type Standing } from '../access/permissions.js';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { continuationOf, type Page, pageSchema } from '../http/paging.schema.js';
import { BodyOf, ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { anyMessageSchema, messageBatchSchema, messagesAnswerSchema, type MessagesQuery, messagesQuerySchema, publishedBatchSchema, publishedSchema, toMessagesAnswer } from './feed-messages.schema.js';
import { FeedMessagesStore } from './feed-messages.store.js';
import { feedAnswerSchema, feedsAnswerSchema, type FeedUpdate, feedUpdateSchema, type NewFeed, newFeedSchema, toFeed } from './feeds.schema.js';
import { type FeedAccess, FeedsStore } from './feeds.store.js';
import { publishMessages } from './publish-messages.js';

const accessOf = (standing: Standing): FeedAccess => (mayReadPrivateFeeds(standing) ? 'all' : 'not private');

@Controller('accounts/projects/:projectId/feeds')
export class FeedsController {
  constructor(
    private readonly feeds: FeedsStore,
    private readonly messages: FeedMessagesStore,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Post()
  @HttpCode(200)
  @Answers(feedAnswerSchema)
  @Refuses('feed_exists', 'too_many')
  async create(@Param('projectId') projectId: string, @ParsedBody(newFeedSchema) feed: NewFeed) {
    return { feed: toFeed(await this.feeds.create(projectId, feed)) };
  }

  @Get()
  @Answers(feedsAnswerSchema)
  async list(@StandingHere() standing: Standing, @Param('projectId') projectId: string, @ParsedQuery(pageSchema) page: Page) {
    const { feeds, total } = await this.feeds.list(projectId, page, accessOf(standing));
    return { feeds: feeds.map(toFeed), total, continuation_token: continuationOf(page, feeds.length, total) };
  }

  /** Before the routes that begin with an id, or they would take "by-name" for one. */
  @Get('by-name/:name')
  @Answers(feedAnswerSchema)
  @Refuses('feed_not_found')
  async byName(@StandingHere() standing: Standing, @Param('projectId') projectId: string, @Param('name') name: string) {
    return { feed: toFeed(await this.feeds.getByName(projectId, name, accessOf(standing))) };
  }

  @Get(':feedId')
  @Answers(feedAnswerSchema)
  @Refuses('feed_not_found')
  async get(@StandingHere() standing: Standing, @Param('projectId') projectId: string, @Param('feedId') id: string) {
    return { feed: toFeed(await this.feeds.get(projectId, id, accessOf(standing))) };
  }

  @Put(':feedId')
  @Answers(feedAnswerSchema)
  @Refuses('feed_not_found', 'feed_exists')
  async update(@Param('projectId') projectId: string, @Param('feedId') id: string, @ParsedBody(feedUpdateSchema) update: FeedUpdate) {
    return { feed: toFeed(await this.feeds.update(projectId, id, update)) };
  }

  @Delete(':feedId')
  @Answers(okSchema)
  @Refuses('feed_not_found')
  async remove(@Param('projectId') projectId: string, @Param('feedId') id: string) {
    await this.feeds.remove(projectId, id);
    return OK;
  }

  @Post(':feedId/messages')
  @HttpCode(200)
  @Answers(publishedSchema)
  @Refuses('feed_not_found', 'feed_paused', 'message_mismatch', 'message_too_large')
  async publish(@Param('projectId') projectId: string, @Param('feedId') id: string, @BodyOf(anyMessageSchema) message: unknown, @Headers('content-length') length: string | undefined) {
    // The parser makes an object of an empty body that calls itself JSON.
    if (message === undefined || length === '0') throw new AccountsError('invalid_request', 'Send one JSON value as the body.');
    const [place] = await this.publishAll(projectId, id, [message]);
    return place!;
  }

  @Post(':feedId/messages/batch')
  @HttpCode(200)
  @Answers(publishedBatchSchema)
  @Refuses('feed_not_found', 'feed_paused', 'message_mismatch', 'message_too_large')
  async publishBatch(@Param('projectId') projectId: string, @Param('feedId') id: string, @ParsedBody(messageBatchSchema) messages: unknown[]) {
    return { messages: await this.publishAll(projectId, id, messages) };
  }

  @Get(':feedId/messages')
  @Answers(messagesAnswerSchema)
  @Refuses('feed_not_found')
  async read(@StandingHere() standing: Standing, @Param('projectId') projectId: string, @Param('feedId') id: string, @ParsedQuery(messagesQuerySchema) query: MessagesQuery) {
    const feed = await this.feeds.get(projectId, id, accessOf(standing));
    const found = await this.messages.list(feed.id, query);
    return toMessagesAnswer(found.slice(0, query.take), found.length > query.take);
  }

  private async publishAll(projectId: string, id: string, values: readonly unknown[]) {
    return publishMessages(this.messages, await this.feeds.get(projectId, id), values, this.config.FEED_MAX_MESSAGE_BYTES);
  }
}
