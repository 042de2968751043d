import type { Logger } from '@llm-proxy/platform-logging';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { deliverBatch } from '../deliver-batch.js';
import { keepTrying } from '../keep-trying.js';
import type { ReceivedMessage, SetAside, SubscribeOptions } from '../port.js';
import { DeliveryInterrupted } from '../usage-stream.errors.js';
import { backoffMs, orAborted, wait } from '../wait.js';
import { isMembershipLost, startHeartbeats } from './heartbeats.js';
import { createKafkaClient, KAFKA_RETRY, type KafkaClientOptions } from './kafka-client.js';

export interface KafkaConsumerOptions extends SubscribeOptions {
  client: KafkaClientOptions;
  logger: Logger;
  /** A consumer that is silent for so long loses its partitions. Milliseconds. */
  sessionTimeoutMs: number;
  storeSetAsides(setAsides: SetAside[], group: string): Promise<void>;
}

export interface RunningConsumer {
  /** Resolves when it has joined its group for the first time; never while Kafka is away. */
  joined: Promise<void>;
  stop(): Promise<void>;
}

const DEFAULT_BATCH_SIZE = 1_000;
const REBALANCE_TIMEOUT_MS = 60_000;
/** For the orderly goodbye to the group, after the batch at hand. */
const LEAVE_TIMEOUT_MS = 10_000;

/**
 * Consumes until it is stopped. When kafkajs gives up a consumer, whatever the reason, a new one takes its place: kafkajs's own restart
 * leaves out some errors, and can come back after a stop.
 */
export const startKafkaConsumer = (options: KafkaConsumerOptions): RunningConsumer => {
  const stopping = new AbortController();
  let onJoined: () => void = () => undefined;
  const joined = new Promise<void>((resolve) => (onJoined = resolve));

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const error = await consumeUntilCrash(options, stopping.signal, () => {
        failures = 0;
        onJoined();
      });
      if (stopping.signal.aborted) return;
      options.logger.warn({ err: error, topic: options.topic, group: options.group }, 'the consumer lost its connection, starting it again');
      await wait(backoffMs(failures, 500, 5_000), stopping.signal);
      failures += 1;
    }
  };

  const running = run();
  const stop = async (): Promise<void> => {
    stopping.abort(new DeliveryInterrupted('the consumer stops'));
    await running;
  };
  return { joined, stop };
};

/** @returns what ended it, or undefined when it was asked to stop */
const consumeUntilCrash = async (options: KafkaConsumerOptions, stopping: AbortSignal, onJoined: () => void): Promise<unknown> => {
  const { kafka, abort } = createKafkaClient(options.client);
  const consumer = createConsumer(kafka, options);
  const handling = new Set<Promise<void>>();
  // Once the group goes on without us, batches that are fetched already would only be handled twice.
  let lost: unknown;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    lost = undefined;
    onJoined();
  });
  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    if (lost !== undefined) throw lost;
    try {
      await track(handling, handleBatch(payload, options, stopping));
    } catch (error) {
      if (isMembershipLost(error)) lost = error;
      throw error;
    }
  };
  const crashed = new Promise<unknown>((resolve) => consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error)));
  try {
    await orAborted(consumer.connect(), stopping);
    await orAborted(consumer.subscribe({ topics: [options.topic], fromBeginning: true }), stopping);
    await orAborted(consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch }), stopping);
    return await orAborted(crashed, stopping);
  } catch (error) {
    return stopping.aborted ? undefined : error;
  } finally {
    await Promise.allSettled(handling);
    await leave(consumer);
    abort();
  }
};

const createConsumer = (kafka: ReturnType<typeof createKafkaClient>['kafka'], { group, sessionTimeoutMs }: KafkaConsumerOptions): Consumer =>
  kafka.consumer({
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.floor(sessionTimeoutMs / 5),
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    allowAutoTopicCreation: false,
    // With the default of 5 s a stop waits as long.
    maxWaitTimeInMs: 200,
    retry: { ...KAFKA_RETRY, restartOnFailure: () => Promise.resolve(false) },
  });

const leave = async (consumer: Consumer): Promise<void> => {
  const timeout = AbortSignal.timeout(LEAVE_TIMEOUT_MS);
  await orAborted(consumer.disconnect(), timeout).catch(() => undefined);
};

const track = (handling: Set<Promise<void>>, work: Promise<void>): Promise<void> => {
  const tracked = work.finally(() => handling.delete(tracked));
  handling.add(tracked);
  return tracked;
};

const handleBatch = async (payload: EachBatchPayload, options: KafkaConsumerOptions, stopping: AbortSignal): Promise<void> => {
  const beats = startHeartbeats(payload.heartbeat, options.sessionTimeoutMs);
  const signal = AbortSignal.any([stopping, beats.lost]);
  try {
    for (const messages of chunks(payload.batch.messages, options.maxBatchSize ?? DEFAULT_BATCH_SIZE)) {
      if (signal.aborted || !payload.isRunning() || payload.isStale()) break;
      await handleChunk(messages, payload, options, signal);
    }
  } catch (error) {
    if (!(error instanceof DeliveryInterrupted)) throw error;
  } finally {
    beats.stop();
  }
  // Thrown here, outside the handler, it makes kafkajs join the group again.
  if (beats.lost.aborted && !stopping.aborted) throw beats.lost.reason;
};

const handleChunk = async (messages: KafkaMessage[], payload: EachBatchPayload, options: KafkaConsumerOptions, signal: AbortSignal): Promise<void> => {
  const { topic, partition } = payload.batch;
  const received = messages.map((message) => toReceived(message, topic, partition));
  const setAsides = await deliverBatch(received, { group: options.group, handler: options.handler, logger: options.logger, signal });
  if (setAsides.length > 0) {
    await keepTrying(() => options.storeSetAsides(setAsides, options.group), { what: 'storing what was set aside', logger: options.logger, signal });
  }
  const last = messages.at(-1)!.offset;
  payload.resolveOffset(last);
  await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(BigInt(last) + 1n) }] }] });
};

const toReceived = ({ key, value, headers, offset }: KafkaMessage, topic: string, partition: number): ReceivedMessage => ({
  // A message of another producer may lack the header; its place in the stream identifies it just as well.
  id: headers?.['id']?.toString() ?? `${topic}/${partition}/${offset}`,
  key: key?.toString() ?? '',
  value: value ?? Buffer.alloc(0),
  topic,
  partition,
  offset,
});

const chunks = function* <Item>(items: Item[], size: number): Generator<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
};
