import { randomUUID } from 'node:crypto';
import type { Logger } from '@llm-proxy/platform-logging';
import type { KafkaMessage } from 'kafkajs';
import { z } from 'zod';
import type { SetAside, SetAsideRecord } from '../port.js';
import { orAborted } from '../wait.js';
import { createKafkaClient, type KafkaClientOptions } from './kafka-client.js';
import type { KafkaRecord } from './kafka-producer.js';
import { setAsideTopicOf } from './kafka-topics.js';

const envelopeSchema = z.object({
  id: z.string(),
  key: z.string(),
  valueBase64: z.base64(),
  reason: z.string(),
  group: z.string(),
  partition: z.number(),
  offset: z.string(),
  setAsideAt: z.iso.datetime(),
});

/** A record with the key under which the compacted topic holds it. */
export interface StoredSetAside {
  storedKey: string;
  record: SetAsideRecord;
}

/**
 * The place of the message is part of the key, so that a replayed message that fails again is a new record, which the deletion of the
 * old one cannot touch, whatever comes first.
 */
export const toSetAsideRecord = ({ message, reason }: SetAside, group: string): KafkaRecord => {
  const { id, key, value, partition, offset } = message;
  const envelope: z.infer<typeof envelopeSchema> = {
    id,
    key,
    valueBase64: value.toString('base64'),
    reason,
    group,
    partition,
    offset,
    setAsideAt: new Date().toISOString(),
  };
  return { key: `${id}@${group}:${partition}:${offset}`, value: Buffer.from(JSON.stringify(envelope)), headers: { id } };
};

export interface ReadSetAsideOptions {
  client: KafkaClientOptions;
  logger: Logger;
  timeoutMs: number;
}

/**
 * Reads the compacted topic from its start to its present end: the last record of each key counts, an empty one deletes.
 * @throws when it takes longer than `timeoutMs`
 */
export const readSetAside = async (topic: string, { client, logger, timeoutMs }: ReadSetAsideOptions): Promise<StoredSetAside[]> => {
  const signal = AbortSignal.timeout(timeoutMs);
  const { kafka, abort } = createKafkaClient(client);
  const setAsideTopic = setAsideTopicOf(topic);
  const found = new Map<string, StoredSetAside>();
  try {
    const end = await endOf(kafka, setAsideTopic, signal);
    if (end > 0n) await foldUntil(kafka, setAsideTopic, end, signal, (message) => fold(found, topic, message, logger));
  } finally {
    abort();
  }
  return [...found.values()].sort((left, right) => left.record.setAsideAt.getTime() - right.record.setAsideAt.getTime());
};

type Kafka = ReturnType<typeof createKafkaClient>['kafka'];

/** @returns offset after the last record, 0 when nothing was ever written or all of it is gone */
const endOf = async (kafka: Kafka, topic: string, signal: AbortSignal): Promise<bigint> => {
  const admin = kafka.admin();
  await orAborted(admin.connect(), signal);
  const [partition] = await orAborted(admin.fetchTopicOffsets(topic), signal);
  return partition === undefined || partition.high === partition.low ? 0n : BigInt(partition.high);
};

const foldUntil = async (kafka: Kafka, topic: string, end: bigint, signal: AbortSignal, onMessage: (message: KafkaMessage) => void): Promise<void> => {
  // A group of its own, which never commits and is gone when we leave it.
  const consumer = kafka.consumer({ groupId: `${topic}.list.${randomUUID()}`, maxWaitTimeInMs: 200, allowAutoTopicCreation: false });
  let messagesSinceFetch = 0;
  let emptyFetches = 0;
  const reachedEnd = new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    // The last offsets may have been compacted away; then nothing more comes.
    consumer.on(consumer.events.FETCH, () => {
      emptyFetches = messagesSinceFetch === 0 ? emptyFetches + 1 : 0;
      messagesSinceFetch = 0;
      if (emptyFetches > 2) resolve();
    });
    const eachBatch = ({ batch, resolveOffset }: { batch: { messages: KafkaMessage[]; lastOffset(): string }; resolveOffset(offset: string): void }): Promise<void> => {
      messagesSinceFetch += batch.messages.length;
      batch.messages.forEach(onMessage);
      resolveOffset(batch.lastOffset());
      if (BigInt(batch.lastOffset()) + 1n >= end) resolve();
      return Promise.resolve();
    };
    const start = async (): Promise<void> => {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
    };
    start().catch(reject);
  });
  await orAborted(reachedEnd, signal);
  await orAborted(consumer.disconnect(), signal).catch(() => undefined);
};

const fold = (found: Map<string, StoredSetAside>, topic: string, message: KafkaMessage, logger: Logger): void => {
  const storedKey = message.key?.toString() ?? '';
  if (message.value === null) {
    found.delete(storedKey);
    return;
  }
  const record = parseEnvelope(message.value, topic);
  if (record === undefined) logger.error({ topic, storedKey }, 'a set-aside record cannot be read');
  else found.set(storedKey, { storedKey, record });
};

const parseEnvelope = (value: Buffer, topic: string): SetAsideRecord | undefined => {
  try {
    const { id, key, valueBase64, reason, group, setAsideAt } = envelopeSchema.parse(JSON.parse(value.toString()));
    return { id, topic, group, key, value: Buffer.from(valueBase64, 'base64'), reason, setAsideAt: new Date(setAsideAt) };
  } catch {
    return undefined;
  }
};
