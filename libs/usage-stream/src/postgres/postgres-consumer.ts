import type { Logger } from '@llm-proxy/platform-logging';
import type pg from 'pg';
import { deliverBatch } from '../deliver-batch.js';
import { keepTrying } from '../keep-trying.js';
import type { ReceivedMessage, SubscribeOptions } from '../port.js';
import { DeliveryInterrupted } from '../usage-stream.errors.js';
import { backoffMs, wait } from '../wait.js';
import { createLease, type Lease } from './lease.js';
import { commit, deleteConsumed, readBatch, readEnds } from './log.js';
import { createMembership, type Membership } from './membership.js';
import { storeSetAsides } from './set-aside.js';
import { findTopic, type Topic } from './topics.js';
import type { WakeUps } from './wake-ups.js';

export interface PostgresConsumerOptions extends SubscribeOptions {
  pool: pg.Pool;
  wakeUps: WakeUps;
  logger: Logger;
  /** A consumer that is silent for so long loses its partitions. Milliseconds. */
  sessionTimeoutMs: number;
  /** How long a message stays after it was published; longer while a group has not committed it. Milliseconds. */
  retentionMs: number;
}

export interface RunningConsumer {
  /** Resolves when it has joined its group for the first time; never while PostgreSQL is away. */
  joined: Promise<void>;
  stop(): Promise<void>;
}

/** One stay in the group. */
interface Member {
  topic: Topic;
  membership: Membership;
  lease: Lease;
  stopping: AbortSignal;
}

const DEFAULT_BATCH_SIZE = 1_000;
/** How long a lost wake-up can delay a message. */
const LOOK_EVERY_MS = 1_000;
const DELETE_EVERY_MS = 60_000;
const DELETE_LIMIT = 1_000;

/** Consumes until it is stopped; while PostgreSQL is away it waits and tries again. */
export const startPostgresConsumer = (options: PostgresConsumerOptions): RunningConsumer => {
  const stopping = new AbortController();
  let onJoined: () => void = () => undefined;
  const joined = new Promise<void>((resolve) => (onJoined = resolve));

  const run = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      try {
        await consumeAsMember(options, stopping.signal, () => {
          failures = 0;
          onJoined();
        });
      } catch (err) {
        if (failures % 20 === 0) options.logger.warn({ err, topic: options.topic, group: options.group }, 'the consumer is interrupted, trying again');
        await wait(backoffMs(failures, 250, 5_000), stopping.signal);
      }
    }
  };

  const running = run();
  const stop = async (): Promise<void> => {
    stopping.abort(new DeliveryInterrupted('the consumer stops'));
    await running;
  };
  return { joined, stop };
};

const consumeAsMember = async (options: PostgresConsumerOptions, stopping: AbortSignal, onJoined: () => void): Promise<void> => {
  const { pool, group, sessionTimeoutMs } = options;
  const topic = await findTopic(pool, options.topic);
  const membership = createMembership(pool, topic, group, sessionTimeoutMs);
  const lease = createLease(membership, sessionTimeoutMs);
  try {
    await lease.renew();
    onJoined();
    await consume(options, { topic, membership, lease, stopping });
  } finally {
    await membership.leave().catch(() => undefined);
  }
};

const consume = async (options: PostgresConsumerOptions, member: Member): Promise<void> => {
  const { topic, lease, stopping } = member;
  // Spread over the processes that start together.
  let deleteAt = Date.now() + DELETE_EVERY_MS * Math.random();
  while (!stopping.aborted) {
    const news = options.wakeUps.watch(topic.id);
    if (lease.isDue()) await lease.renew();
    const worked = await consumeNews(options, member);
    if (Date.now() >= deleteAt) {
      const deleted = await deleteConsumed(options.pool, topic, options.retentionMs, DELETE_LIMIT);
      deleteAt = Date.now() + (deleted >= DELETE_LIMIT ? LOOK_EVERY_MS : DELETE_EVERY_MS);
    }
    if (!worked) await news.wait(LOOK_EVERY_MS, stopping);
  }
};

/** One batch of each partition that has news. @returns whether there was any */
const consumeNews = async (options: PostgresConsumerOptions, member: Member): Promise<boolean> => {
  const { topic, lease, stopping } = member;
  const ends = await readEnds(options.pool, topic);
  const behind = [...lease.owned].filter(([partition, next]) => next < (ends.get(partition) ?? 0n));
  for (const [partition] of behind) {
    if (stopping.aborted) break;
    const next = lease.owned.get(partition);
    if (next !== undefined) await consumeBatch(options, member, partition, next, ends.get(partition)!);
    if (lease.isDue()) await lease.renew();
  }
  return behind.length > 0;
};

const consumeBatch = async (options: PostgresConsumerOptions, member: Member, partition: number, from: bigint, end: bigint): Promise<void> => {
  const { topic, lease, stopping } = member;
  const batch = await readBatch(options.pool, options.topic, topic, partition, from, options.maxBatchSize ?? DEFAULT_BATCH_SIZE);
  const last = batch.at(-1);
  // A group that is new can start below messages that are deleted already.
  const next = last === undefined ? end : BigInt(last.offset) + 1n;
  const kept = lease.keep(partition);
  try {
    if (last !== undefined) await deliver(batch, options, topic, AbortSignal.any([stopping, kept.lost]));
    const committed = await commit(options.pool, topic, options.group, member.membership.id, partition, next);
    await kept.release();
    if (committed) lease.owned.set(partition, next);
    else lease.owned.delete(partition);
  } catch (error) {
    if (!(error instanceof DeliveryInterrupted)) throw error;
  } finally {
    await kept.release();
  }
};

const deliver = async (batch: ReceivedMessage[], { pool, group, handler, logger }: PostgresConsumerOptions, topic: Topic, signal: AbortSignal): Promise<void> => {
  const setAsides = await deliverBatch(batch, { group, handler, logger, signal });
  if (setAsides.length === 0) return;
  await keepTrying(() => storeSetAsides(pool, topic, group, setAsides), { what: 'storing what was set aside', logger, signal });
};
