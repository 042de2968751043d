import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@llm-proxy/platform-logging';
import { type PricedUsage, pricedUsageSchema } from '@llm-proxy/usage-schema';
import type { ReceivedMessage } from '@llm-proxy/usage-stream';
import { LRUCache } from 'lru-cache';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { FeedMessagesStore, type NewMessage } from '../feeds/feed-messages.store.js';
import { messageSchemaOf } from '../feeds/feeds.schema.js';
import { FeedsStore } from '../feeds/feeds.store.js';
import { whichFit } from '../feeds/message-schema.js';
import type { Feed, LlmLogger } from '../generated/client.js';
import { APP_LOGGER } from '../http/app-logger.js';
import { isUuid } from '../http/fields.schema.js';
import { type Filter, parseFilter } from './filter-expression.js';
import { LlmLoggersStore } from './llm-loggers.store.js';
import { toUsageMessage } from './to-usage-message.js';

/** What became of events that a logger wanted in a feed. */
export type CopyResult = 'written' | 'there_already' | 'feed_missing' | 'feed_paused' | 'schema_mismatch' | 'schema_unchecked' | 'too_large' | 'filter_failed';

export type CopyCounts = Partial<Record<CopyResult, number>>;

/** Matching messages of one feed. */
interface Matches {
  projectId: string;
  feedId: string;
  messages: Map<string, { value: unknown; body: string }>;
}

const MAX_KNOWN_FILTERS = 1_000;

/**
 * Copies usage events to the feeds that loggers lead to. Whatever is wrong with a logger, a feed or an event drops the copy and is counted;
 * only the database being away makes it fail. Safe to repeat with the same events.
 */
@Injectable()
export class CopyUsage {
  private readonly filters = new LRUCache<string, Filter>({ max: MAX_KNOWN_FILTERS });

  constructor(
    private readonly loggers: LlmLoggersStore,
    private readonly feeds: FeedsStore,
    private readonly feedMessages: FeedMessagesStore,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
    @Inject(APP_LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws when PostgreSQL is away */
  async copy(batch: readonly ReceivedMessage[]): Promise<CopyCounts> {
    const loggers = await this.activeLoggers(batch);
    if (loggers.size === 0) return {};
    const counts: CopyCounts = {};
    const matches = new Map<string, Matches>();
    for (const message of batch) {
      const ofProject = loggers.get(message.key);
      const event = ofProject && decoded(message);
      if (event) this.match(event, ofProject, matches, counts);
    }
    const feeds = await this.feeds.findAll([...matches.keys()]);
    for (const ofFeed of matches.values()) await this.deliver(ofFeed, feeds.get(ofFeed.feedId), counts);
    const { written: _, there_already: __, ...dropped } = counts;
    if (Object.keys(dropped).length > 0) this.logger.warn({ dropped }, 'usage that LLM loggers match was not copied');
    return counts;
  }

  /** By project, of the projects in the batch: most have none, and then nothing needs to be decoded. */
  private async activeLoggers(batch: readonly ReceivedMessage[]): Promise<Map<string, LlmLogger[]>> {
    const projectIds = [...new Set(batch.map(({ key }) => key))].filter(isUuid);
    return Map.groupBy(await this.loggers.activeOf(projectIds), ({ projectId }) => projectId);
  }

  /** Loggers that lead to one feed write an event there once. */
  private match(event: PricedUsage, loggers: readonly LlmLogger[], matches: Map<string, Matches>, counts: CopyCounts): void {
    const { projectId } = event.data.attribution;
    const value = toUsageMessage(event);
    for (const { destinationFeedId: feedId, filterExpression, projectId: loggersProject } of loggers) {
      if (loggersProject !== projectId || !this.isMatch(filterExpression, value, counts)) continue;
      const ofFeed = matches.get(feedId) ?? { projectId, feedId, messages: new Map() };
      matches.set(feedId, ofFeed);
      ofFeed.messages.set(event.id, { value, body: JSON.stringify(value) });
    }
  }

  private isMatch(expression: string, value: unknown, counts: CopyCounts): boolean {
    try {
      let filter = this.filters.get(expression);
      if (filter === undefined) this.filters.set(expression, (filter = parseFilter(expression)));
      return filter(value);
    } catch {
      // Refused when it was written; a later release may read filters in another way.
      add(counts, 'filter_failed', 1);
      return false;
    }
  }

  private async deliver({ projectId, feedId, messages }: Matches, feed: Feed | undefined, counts: CopyCounts): Promise<void> {
    if (feed === undefined) return add(counts, 'feed_missing', messages.size);
    const small = [...messages].filter(([, { body }]) => Buffer.byteLength(body) <= this.config.FEED_MAX_MESSAGE_BYTES);
    add(counts, 'too_large', messages.size - small.length);
    const fits = whichFit(projectId, messageSchemaOf(feed), small.map(([, { value }]) => value));
    if (fits === null) return add(counts, 'schema_unchecked', small.length);
    const fitting = small.filter((_, index) => fits[index]).map(([id, { body }]): NewMessage => ({ id, body }));
    add(counts, 'schema_mismatch', small.length - fitting.length);
    if (fitting.length === 0) return;
    const appended = await this.feedMessages.append(projectId, feedId, fitting);
    if (appended.kind !== 'appended') return add(counts, appended.kind === 'paused' ? 'feed_paused' : 'feed_missing', fitting.length);
    add(counts, 'written', appended.fresh.length);
    add(counts, 'there_already', fitting.length - appended.fresh.length);
  }
}

const add = (counts: CopyCounts, result: CopyResult, count: number): void => {
  if (count > 0) counts[result] = (counts[result] ?? 0) + count;
};

/** What is no priced event is nobody's usage; billing sets it aside. */
const decoded = ({ value }: ReceivedMessage): PricedUsage | null => {
  try {
    return pricedUsageSchema.safeParse(JSON.parse(value.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
};
