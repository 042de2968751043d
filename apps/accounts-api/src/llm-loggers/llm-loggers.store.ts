import { Injectable } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { writeAudit } from '../audit/write-audit.js';
import { Database, isGone, type Prisma, type Transaction } from '../database/database.js';
import { lockProject } from '../database/lock-project.js';
import type { LlmLogger } from '../generated/client.js';
import { isUuid } from '../http/fields.schema.js';
import type { LlmLoggerUpdate, NewLlmLogger } from './llm-loggers.schema.js';

/** Each of them looks at every usage event of its project. */
const MAX_LOGGERS = 20;

@Injectable()
export class LlmLoggersStore {
  constructor(private readonly database: Database) {}

  /** @throws AccountsError `llm_logger_not_found` */
  async get(projectId: string, id: string): Promise<LlmLogger> {
    const logger = isUuid(id) ? await this.database.llmLogger.findFirst({ where: { id, projectId } }) : null;
    if (!logger) throw new AccountsError('llm_logger_not_found');
    return logger;
  }

  /** Oldest first; there are never many. */
  list(projectId: string): Promise<LlmLogger[]> {
    return this.database.llmLogger.findMany({ where: { projectId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  }

  /** Those of all these projects that are not paused. */
  activeOf(projectIds: readonly string[]): Promise<LlmLogger[]> {
    return this.database.llmLogger.findMany({ where: { projectId: { in: [...projectIds] }, paused: false } });
  }

  /** @throws AccountsError `feed_not_found`, `too_many`, `project_not_found` */
  create(projectId: string, logger: NewLlmLogger): Promise<LlmLogger> {
    const { destination_feed_id: destinationFeedId, filter_expression: filterExpression, paused, annotations } = logger;
    const data = { projectId, destinationFeedId, filterExpression, paused, annotations: annotations as Prisma.InputJsonObject };
    return this.change(projectId, 'created', async (transaction) => {
      await lockProject(transaction, projectId);
      if ((await transaction.llmLogger.count({ where: { projectId } })) >= MAX_LOGGERS) throw new AccountsError('too_many', `The project has ${MAX_LOGGERS} LLM loggers, which is as many as it may have.`);
      await assertFeed(transaction, projectId, destinationFeedId);
      return transaction.llmLogger.create({ data });
    });
  }

  /** @throws AccountsError `llm_logger_not_found`, `feed_not_found` */
  async update(projectId: string, id: string, update: LlmLoggerUpdate): Promise<LlmLogger> {
    const { destinationFeedId } = await this.get(projectId, id);
    return this.change(projectId, 'updated', async (transaction) => {
      // One whose feed is gone can still be paused or changed.
      if (update.destination_feed_id != null && update.destination_feed_id !== destinationFeedId) await assertFeed(transaction, projectId, update.destination_feed_id);
      return transaction.llmLogger.update({ where: { id, projectId }, data: toData(update) });
    });
  }

  /** @throws AccountsError `llm_logger_not_found` */
  async remove(projectId: string, id: string): Promise<void> {
    await this.get(projectId, id);
    await this.change(projectId, 'deleted', (transaction) => transaction.llmLogger.delete({ where: { id, projectId } }));
  }

  private async change(projectId: string, what: 'created' | 'updated' | 'deleted', work: (transaction: Transaction) => Promise<LlmLogger>): Promise<LlmLogger> {
    try {
      return await this.database.$transaction(async (transaction) => {
        const logger = await work(transaction);
        const details = { destination_feed_id: logger.destinationFeedId, paused: logger.paused };
        await writeAudit(transaction, projectId, { action: `llm_logger.${what}`, target: { type: 'llm_logger', id: logger.id }, ...(what !== 'deleted' && { details }) });
        return logger;
      });
    } catch (error) {
      if (isGone(error)) throw new AccountsError('llm_logger_not_found');
      throw error;
    }
  }
}

const assertFeed = async (transaction: Transaction, projectId: string, feedId: string): Promise<void> => {
  const feed = isUuid(feedId) ? await transaction.feed.findFirst({ where: { id: feedId, projectId }, select: { id: true } }) : null;
  if (!feed) throw new AccountsError('feed_not_found', 'destination_feed_id: the project has no such feed.');
};

const toData = ({ destination_feed_id, filter_expression, paused, annotations }: LlmLoggerUpdate): Prisma.LlmLoggerUpdateInput => ({
  ...(destination_feed_id != null && { destinationFeedId: destination_feed_id }),
  ...(filter_expression != null && { filterExpression: filter_expression }),
  ...(paused != null && { paused }),
  ...(annotations != null && { annotations: annotations as Prisma.InputJsonObject }),
});
