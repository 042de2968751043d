import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWith, engines } from '@llm-proxy/testing';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { describeSpendCounters } from '../spend-counters.suite.js';
import { RedisSpendCounters } from './redis-spend-counters.js';

describeWith(['redis'], 'spend counters in Redis', () => {
  let redisUrl: string;

  beforeAll(async () => {
    redisUrl = (await engines.redisUrl()) ?? '';
  });

  describeSpendCounters({
    engineUrl: () => redisUrl,
    create: (url, timeoutMs) => new RedisSpendCounters({ redisUrl: url, timeoutMs }),
  });

  describe('keys', () => {
    let redis: Redis;
    let counters: RedisSpendCounters;

    beforeAll(async () => {
      redis = new Redis(redisUrl);
      counters = new RedisSpendCounters({ redisUrl, rememberHours: 2 });
      await counters.connect();
    });

    afterAll(async () => {
      await counters.close();
      redis.disconnect();
    });

    it('all expire, and all carry the project as hash tag', async () => {
      const projectId = randomUUID();
      await counters.add([{ eventId: randomUUID(), projectId, occurredAt: new Date(), amountNanoUsd: 1n, dimensions: { user: 'ann' } }]);
      const keys = await redis.keys(`*${projectId}*`);
      expect(keys).toHaveLength(3);
      expect(keys.every((key) => key.includes(`{${projectId}}`))).toBe(true);
      const remaining = await Promise.all(keys.map((key) => redis.ttl(key)));
      expect(remaining.every((seconds) => seconds > 0)).toBe(true);
      expect(Math.min(...remaining)).toBeLessThanOrEqual(2 * 3_600);
    });

    it('survives a server that forgot the script', async () => {
      const projectId = randomUUID();
      await redis.script('FLUSH');
      const entry = { eventId: randomUUID(), projectId, occurredAt: new Date(), amountNanoUsd: 2n, dimensions: {} };
      await counters.add([entry]);
      await redis.script('FLUSH');
      await counters.add([entry, { ...entry, eventId: randomUUID() }]);
      expect(await counters.read(projectId, { scope: { dimension: 'project' }, window: { kind: 'day', at: new Date() } })).toBe(4n);
    });
  });
});
