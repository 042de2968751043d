import type { Logger } from '@llm-proxy/platform-logging';
import { keepTrying } from '../keep-trying.js';
import type { OutgoingMessage, SetAside, SetAsideRecord, SubscribeOptions, UsageStream } from '../port.js';
import { createPublishLane } from '../publish-lane.js';
import { isTransient } from '../transient-error.js';
import { wait } from '../wait.js';
import { checkBrokers } from './check-brokers.js';
import type { KafkaClientOptions } from './kafka-client.js';
import { type RunningConsumer, startKafkaConsumer } from './kafka-consumer.js';
import { createKafkaProducer, type KafkaRecord } from './kafka-producer.js';
import { readSetAside, toSetAsideRecord } from './kafka-set-aside.js';
import { createTopics, setAsideTopicOf } from './kafka-topics.js';

export interface KafkaStreamOptions {
  /** `host:port`, any of the cluster. */
  brokers: readonly string[];
  clientId: string;
  logger: Logger;
  /** @default 10000 */
  publishTimeoutMs?: number;
  /** How long a publish waits for others to share its request; for callers that publish single messages. @default 0 */
  lingerMs?: number;
  /** Of topics that have to be created. @default 12 */
  partitions?: number;
  /** Of topics that have to be created. @default -1, the broker's own default */
  replicationFactor?: number;
  /** A consumer that is silent for so long loses its partitions. @default 15000 */
  sessionTimeoutMs?: number;
  /** How to reach a broker, for example through a tunnel. @default a plain TCP connection */
  openSocket?: KafkaClientOptions['openSocket'];
}

const LIST_TIMEOUT_MS = 30_000;

/** The stream on Kafka. It starts and works, as far as it can, while Kafka is away: see the README. */
export const createKafkaStream = (options: KafkaStreamOptions): UsageStream => {
  const { logger, clientId, brokers, openSocket, publishTimeoutMs = 10_000, partitions = 12, replicationFactor = -1 } = options;
  const client: KafkaClientOptions = { brokers, clientId, logger, requestTimeoutMs: publishTimeoutMs, openSocket };
  const closing = new AbortController();
  const consumers = new Set<RunningConsumer>();
  let closed: Promise<void> | undefined;
  const producer = createKafkaProducer(client);
  const lane = createPublishLane<KafkaRecord>({ publishTimeoutMs, lingerMs: options.lingerMs, sizeOf, send: producer.send });

  const connect = async (topics: readonly string[]): Promise<void> => {
    const create = (): Promise<void> => createTopics(topics, { partitions, replicationFactor }, client, closing.signal);
    const ready = keepTrying(create, { what: 'creating topics', logger, signal: closing.signal, unless: (error) => !isTransient(error) });
    // When Kafka is away the process starts all the same, and the topics are made as soon as it is back.
    await Promise.race([ready, wait(publishTimeoutMs, closing.signal)]);
    ready.catch((err: unknown) => {
      if (!closing.signal.aborted) logger.error({ err, topics }, 'the topics could not be created');
    });
  };

  const storeSetAsides = (setAsides: SetAside[], group: string): Promise<void> =>
    lane.publish(setAsideTopicOf(setAsides[0]!.message.topic), setAsides.map((one) => toSetAsideRecord(one, group)));

  const subscribe = async (subscription: SubscribeOptions): Promise<{ stop(): Promise<void> }> => {
    const consumer = startKafkaConsumer({ ...subscription, client, logger, sessionTimeoutMs: options.sessionTimeoutMs ?? 15_000, storeSetAsides });
    consumers.add(consumer);
    await Promise.race([consumer.joined, wait(publishTimeoutMs, closing.signal)]);
    return {
      stop: async () => {
        await consumer.stop();
        consumers.delete(consumer);
      },
    };
  };

  const readStored = (topic: string) => readSetAside(topic, { client, logger, timeoutMs: LIST_TIMEOUT_MS });

  const listSetAside = async (topic: string): Promise<SetAsideRecord[]> => (await readStored(topic)).map(({ record }) => record);

  const replaySetAside = async (topic: string, ids?: readonly string[]): Promise<number> => {
    const chosen = (await readStored(topic)).filter(({ record }) => ids?.includes(record.id) ?? true);
    const messages = new Map(chosen.map(({ record }) => [record.id, toRecord(record)]));
    await lane.publish(topic, [...messages.values()]);
    // After the publish: a failure in between replays twice instead of losing the message.
    await lane.publish(setAsideTopicOf(topic), chosen.map(({ storedKey }) => ({ key: storedKey, value: null })));
    return messages.size;
  };

  const shutDown = async (): Promise<void> => {
    await Promise.all([...consumers].map((consumer) => consumer.stop()));
    await lane.close();
    closing.abort();
    await producer.close();
  };

  const publish = (topic: string, messages: readonly OutgoingMessage[]): Promise<void> => lane.publish(topic, messages.map(toRecord));

  const check = (): Promise<void> => checkBrokers(brokers, openSocket);

  return { connect, publish, subscribe, listSetAside, replaySetAside, check, close: () => (closed ??= shutDown()) };
};

const toRecord = ({ id, key, value }: OutgoingMessage): KafkaRecord => ({ key, value, headers: { id, 'content-type': 'application/cloudevents+json' } });

/** Bytes, with what key, id and headers add. */
const sizeOf = ({ key, value }: KafkaRecord): number => (value?.length ?? 0) + key.length + 128;
