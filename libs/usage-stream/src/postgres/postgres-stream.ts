import type { Logger } from '@llm-proxy/platform-logging';
import { createPool } from '@llm-proxy/platform-postgres';
import { keepTrying } from '../keep-trying.js';
import type { OutgoingMessage, SubscribeOptions, UsageStream } from '../port.js';
import { createPublishLane } from '../publish-lane.js';
import { isTransient } from '../transient-error.js';
import { wait } from '../wait.js';
import { append } from './log.js';
import { type RunningConsumer, startPostgresConsumer } from './postgres-consumer.js';
import { listSetAside, replaySetAside } from './set-aside.js';
import { createTopics, findTopic, migrate, type Topic } from './topics.js';
import { createWakeUps } from './wake-ups.js';
import { withClient } from './with-client.js';

export interface PostgresStreamOptions {
  databaseUrl: string;
  clientId: string;
  logger: Logger;
  /** @default 10000 */
  publishTimeoutMs?: number;
  /** How long a publish waits for others to share its request; for callers that publish single messages. @default 0 */
  lingerMs?: number;
  /** Of topics that have to be created. @default 12 */
  partitions?: number;
  /** A consumer that is silent for so long loses its partitions. @default 10000 */
  sessionTimeoutMs?: number;
  /** How long a message stays after it was published; longer while a group has not committed it. @default 86400000, a day */
  retentionMs?: number;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const MAX_CONNECTIONS = 5;

/** The stream in tables of PostgreSQL, schema `usage_stream`. Its promises are those of the Kafka adapter. */
export const createPostgresStream = (options: PostgresStreamOptions): UsageStream => {
  const { databaseUrl, clientId, logger, publishTimeoutMs = 10_000, partitions = 12 } = options;
  const pool = createPool({ databaseUrl, applicationName: clientId, maxConnections: MAX_CONNECTIONS, statementTimeoutMs: publishTimeoutMs });
  const wakeUps = createWakeUps(databaseUrl, clientId, logger);
  const consumers = new Set<RunningConsumer>();
  const topics = new Map<string, Topic>();
  const closing = new AbortController();
  let ready: Promise<void> = Promise.resolve();
  let closed: Promise<void> | undefined;

  const send = async (topicName: string, messages: OutgoingMessage[], signal: AbortSignal): Promise<void> => {
    await ready;
    const topic = topics.get(topicName) ?? (await findTopic(pool, topicName));
    topics.set(topicName, topic);
    await withClient(pool, (client) => append(client, topic, messages), signal);
  };
  const lane = createPublishLane<OutgoingMessage>({ publishTimeoutMs, lingerMs: options.lingerMs, sizeOf, send });

  const connect = async (names: readonly string[]): Promise<void> => {
    const create = async (): Promise<void> => {
      await migrate(databaseUrl);
      await createTopics(pool, names, partitions);
    };
    ready = keepTrying(create, { what: 'making the tables of the stream', logger, signal: closing.signal, unless: (error) => !isTransient(error) });
    // When PostgreSQL is away the process starts all the same, and the tables are made as soon as it is back.
    await Promise.race([ready, wait(publishTimeoutMs, closing.signal)]);
    ready.catch((err: unknown) => {
      if (!closing.signal.aborted) logger.error({ err }, 'the tables of the stream could not be made');
    });
  };

  const subscribe = async (subscription: SubscribeOptions): Promise<{ stop(): Promise<void> }> => {
    const { sessionTimeoutMs = 10_000, retentionMs = DAY_MS } = options;
    const consumer = startPostgresConsumer({ ...subscription, pool, wakeUps, logger, sessionTimeoutMs, retentionMs });
    consumers.add(consumer);
    await Promise.race([consumer.joined, wait(publishTimeoutMs, closing.signal)]);
    return {
      stop: async () => {
        await consumer.stop();
        consumers.delete(consumer);
      },
    };
  };

  const shutDown = async (): Promise<void> => {
    await Promise.all([...consumers].map((consumer) => consumer.stop()));
    await lane.close();
    closing.abort();
    await wakeUps.close();
    await pool.end();
  };

  return {
    connect,
    publish: lane.publish,
    subscribe,
    listSetAside: (topic) => listSetAside(pool, topic),
    replaySetAside: (topic, ids) => replaySetAside(pool, topic, ids),
    check: async () => void (await pool.query('SELECT 1')),
    close: () => (closed ??= shutDown()),
  };
};

/** Bytes, with what key and id add. */
const sizeOf = ({ id, key, value }: OutgoingMessage): number => value.length + key.length + id.length + 64;
