import type { ITopicConfig } from 'kafkajs';
import { orAborted } from '../wait.js';
import { createKafkaClient, type KafkaClientOptions } from './kafka-client.js';

export interface KafkaTopicOptions {
  partitions: number;
  /** -1: the broker's default. */
  replicationFactor: number;
}

/** Where messages of a topic are kept that no retry helps. */
export const setAsideTopicOf = (topic: string): string => `${topic}.set-aside`;

/** A set-aside record is base64 in JSON, so it is bigger than the message inside; this leaves room for the largest. */
const SET_ASIDE_MAX_BYTES = 2 * 1024 * 1024;

/** Creates what is missing, with the set-aside topic of each. Topics that exist stay as they are. */
export const createTopics = async (topics: readonly string[], options: KafkaTopicOptions, client: KafkaClientOptions, signal: AbortSignal): Promise<void> => {
  const { kafka, abort } = createKafkaClient(client);
  const admin = kafka.admin();
  try {
    await orAborted(admin.connect(), signal);
    const existing = new Set(await orAborted(admin.listTopics(), signal));
    const missing = topics.flatMap((topic) => configsOf(topic, options)).filter(({ topic }) => !existing.has(topic));
    for (const config of missing) await orAborted(createOne(admin.createTopics.bind(admin), config), signal);
  } finally {
    abort();
  }
};

const configsOf = (topic: string, { partitions, replicationFactor }: KafkaTopicOptions): ITopicConfig[] => [
  { topic, numPartitions: partitions, replicationFactor },
  {
    topic: setAsideTopicOf(topic),
    // One partition keeps the order in which messages were set aside; there are few of them.
    numPartitions: 1,
    replicationFactor,
    configEntries: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'max.message.bytes', value: String(SET_ASIDE_MAX_BYTES) },
    ],
  },
];

type Create = (options: { topics: ITopicConfig[]; waitForLeaders: boolean }) => Promise<boolean>;

const createOne = async (create: Create, config: ITopicConfig): Promise<void> => {
  try {
    await create({ topics: [config], waitForLeaders: true });
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
};

/** Another process created it between our look and our request. */
const isAlreadyThere = (error: unknown): boolean => {
  const { type, errors } = error as { type?: string; errors?: unknown[] };
  return type === 'TOPIC_ALREADY_EXISTS' || (Array.isArray(errors) && errors.length > 0 && errors.every(isAlreadyThere));
};
