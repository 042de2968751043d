import kafkajs, { type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { partitionOfKey } from '../partition-of-key.js';
import { PublishError } from '../usage-stream.errors.js';
import { orAborted } from '../wait.js';
import { createKafkaClient, KAFKA_RETRY, type KafkaClientOptions } from './kafka-client.js';

/** What goes to a partition: a message, or the deletion of a key in a compacted topic. */
export interface KafkaRecord {
  key: string;
  value: Buffer | null;
  headers?: Record<string, string>;
}

export interface KafkaProducer {
  /** One request at a time, and none after one that failed: see the comment inside. */
  send(topic: string, records: KafkaRecord[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

interface Session {
  producer: Producer;
  /** Partitions of the request under way. */
  partitions: Set<number>;
  abort(): void;
}

// A request is compressed in one piece per partition. Below some twenty messages a piece, starting the compressor costs more CPU than it saves.
const MIN_COMPRESSED = 200;

/**
 * An idempotent producer that waits for all replicas.
 *
 * kafkajs forgets the sequence number of a request that failed, so the next one would reuse it and could be dropped by the broker as
 * a duplicate. So after any failure the producer is thrown away, and the next request gets a new producer id.
 */
export const createKafkaProducer = (options: KafkaClientOptions): KafkaProducer => {
  let current: Promise<Session> | undefined;

  const send = async (topic: string, records: KafkaRecord[], signal: AbortSignal): Promise<void> => {
    const session = (current ??= connect(options, signal));
    try {
      const { producer, partitions } = await session;
      partitions.clear();
      const acknowledged = await orAborted(producer.send(toRequest(topic, records, options.requestTimeoutMs)), signal);
      assertComplete(partitions, acknowledged);
    } catch (error) {
      if (current === session) current = undefined;
      void drop(session);
      throw error;
    }
  };

  const drop = async (session: Promise<Session> | undefined): Promise<void> => {
    const dropped = await session?.catch(() => undefined);
    // Where the connections are idle, breaking them is the same as closing them, and never waits.
    dropped?.abort();
  };

  const close = async (): Promise<void> => {
    const session = current;
    current = undefined;
    await drop(session);
  };

  return { send, close };
};

const connect = async (options: KafkaClientOptions, signal: AbortSignal): Promise<Session> => {
  const client = createKafkaClient(options);
  const partitions = new Set<number>();
  const producer = client.kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: KAFKA_RETRY,
    createPartitioner: () => ({ message, partitionMetadata }) => {
      const partition = partitionOfKey(String(message.key), partitionMetadata.length);
      partitions.add(partition);
      return partition;
    },
  });
  try {
    await orAborted(producer.connect(), signal);
  } catch (error) {
    client.abort();
    throw error;
  }
  return { producer, partitions, abort: client.abort };
};

const toRequest = (topic: string, records: KafkaRecord[], timeout: number): Parameters<Producer['send']>[0] => ({
  topic,
  acks: -1,
  timeout,
  compression: records.length < MIN_COMPRESSED ? kafkajs.CompressionTypes.None : kafkajs.CompressionTypes.ZSTD,
  messages: records satisfies Message[],
});

/** When a partition moves to another broker during its retries, kafkajs can resolve without having sent that partition's part. */
const assertComplete = (partitions: ReadonlySet<number>, acknowledged: RecordMetadata[]): void => {
  const missing = new Set(partitions);
  for (const { partition, errorCode } of acknowledged) if (errorCode === 0) missing.delete(partition);
  if (missing.size > 0) throw new PublishError(`not acknowledged by partitions ${[...missing].join(', ')}`, true);
};
