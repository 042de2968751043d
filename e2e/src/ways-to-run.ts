import { randomUUID } from 'node:crypto';
import { engines } from '@llm-proxy/testing';

/** The two ways to run: with nothing but Node, and on the engines of a scaled deployment. */
export const waysToRun: { name: string; environment: () => Promise<{ env: Record<string, string>; dispose: () => Promise<void> }> }[] = [
  { name: 'embedded', environment: async () => ({ env: {}, dispose: async () => undefined }) },
  {
    name: 'Kafka, Redis and PostgreSQL by URL',
    environment: async () => {
      const database = await engines.postgresDatabase();
      const [redisUrl, brokers] = await Promise.all([engines.redisUrl(), engines.kafkaBrokers()]);
      if (redisUrl === null || brokers === null) throw new Error('Redis and Kafka are needed for this way to run');
      const KAFKA_TOPIC_PREFIX = `e2e-${randomUUID()}.`;
      return { env: { DATABASE_URL: database.url, REDIS_URL: redisUrl, KAFKA_BROKERS: brokers.join(','), KAFKA_TOPIC_PREFIX }, dispose: () => database.drop() };
    },
  },
];
