import type { Feed } from '@meshagent/meshagent';
import { api } from '../bill.js';
import { refusal } from './sdk.js';
import type { Served } from './served.js';

const namesOf = (feeds: Feed[]) => feeds.map(({ name }) => name);

export const describeFeeds = (served: () => Served): void => {
  describe('feeds', () => {
    it('are made, read, changed and deleted', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      const feed = await owner.createFeed({ projectId, name: 'calls', description: 'of models', visibility: 'project', annotations: { team: 'search' }, messageSchema: { type: 'object' } });
      expect(feed).toMatchObject({ projectId, name: 'calls', description: 'of models', visibility: 'project', paused: false, annotations: { team: 'search' }, messageSchema: { type: 'object' } });
      expect(await owner.getFeed(projectId, feed.id)).toEqual(feed);
      await owner.updateFeed({ projectId, feedId: feed.id, name: 'renamed', paused: true });
      const changed = { ...feed, name: 'renamed', description: '', paused: true, annotations: {}, messageSchema: null };
      expect(await owner.getFeed(projectId, feed.id)).toEqual(changed);
      expect(await owner.listFeeds(projectId)).toEqual([changed]);
      await owner.deleteFeed(projectId, feed.id);
      expect(await owner.listFeeds(projectId)).toEqual([]);
      await expect(owner.getFeed(projectId, feed.id)).rejects.toThrow(refusal(404, 'feed_not_found'));
    });

    it('are listed in pages, and found by a part of their name', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      for (const name of ['c', 'a', 'ab']) await owner.createFeed({ projectId, name });
      expect(namesOf(await owner.listFeeds(projectId, { count: 2 }))).toEqual(['a', 'ab']);
      const { feeds, total } = await owner.listFeedsPage(projectId, { count: 2, offset: 2 });
      expect([namesOf(feeds), total]).toEqual([['c'], 3]);
      expect(namesOf(await owner.listFeeds(projectId, { filter: 'b' }))).toEqual(['ab']);
    });

    it('take messages, one or many', async () => {
      const { newProject, newApiKey, owner, system } = served();
      const projectId = await newProject();
      const { id: feedId } = await owner.createFeed({ projectId, name: 'calls' });
      const batch = [{ n: 1 }, 'text', false, null, [2]];
      await owner.publishFeedMessage({ projectId, feedId, message: { n: 0 } });
      await owner.publishFeedMessage({ projectId, feedId, message: 'one text' });
      await owner.publishFeedBatch({ projectId, feedId, messages: batch });
      const { messages } = await api<{ messages: { message: unknown }[] }>(system, 'GET', `/accounts/projects/${projectId}/feeds/${feedId}/messages?order=oldest`, undefined, await newApiKey(projectId));
      expect(messages.map(({ message }) => message)).toEqual([{ n: 0 }, 'one text', ...batch]);
    });

    it('refuse messages while they are paused, and those that do not fit', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      const paused = await owner.createFeed({ projectId, name: 'paused', paused: true });
      const strict = await owner.createFeed({ projectId, name: 'strict', messageSchema: { type: 'string' } });
      await expect(owner.publishFeedMessage({ projectId, feedId: paused.id, message: 1 })).rejects.toThrow(refusal(409, 'feed_paused'));
      await expect(owner.publishFeedMessage({ projectId, feedId: strict.id, message: 1 })).rejects.toThrow(refusal(400, 'message_mismatch'));
    });
  });

  describe('LLM loggers', () => {
    it('are made, read, changed and deleted', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      const [first, second] = [await owner.createFeed({ projectId, name: 'first' }), await owner.createFeed({ projectId, name: 'second' })];
      const logger = await owner.createLLMLogger({ projectId, destinationFeedId: first.id, filterExpression: "provider == 'openai'", annotations: { team: 'search' } });
      expect(logger).toMatchObject({ projectId, destinationFeedId: first.id, filterExpression: "provider == 'openai'", paused: false, annotations: { team: 'search' } });
      expect(await owner.getLLMLogger(projectId, logger.id)).toEqual(logger);
      await owner.updateLLMLogger({ projectId, loggerId: logger.id, destinationFeedId: second.id, filterExpression: 'cost > 0.01', paused: true });
      const changed = { ...logger, destinationFeedId: second.id, filterExpression: 'cost > 0.01', paused: true, annotations: {} };
      expect(await owner.listLLMLoggers(projectId)).toEqual([changed]);
      await owner.deleteLLMLogger(projectId, logger.id);
      expect(await owner.listLLMLoggers(projectId)).toEqual([]);
      await expect(owner.getLLMLogger(projectId, logger.id)).rejects.toThrow(refusal(404, 'llm_logger_not_found'));
    });
  });
};
