/** A message on its way to the stream. */
export interface OutgoingMessage {
  /** Idempotency key of the message: the event id. */
  id: string;
  /** Messages with equal keys keep their order. */
  key: string;
  value: Buffer;
}

/** A message as a consumer gets it. */
export interface ReceivedMessage extends OutgoingMessage {
  topic: string;
  partition: number;
  /** Position in the partition, as decimal text: it can exceed 2^53. */
  offset: string;
}

/** A message that no retry will help, and why. */
export interface SetAside {
  message: ReceivedMessage;
  reason: string;
}

/**
 * Handles the messages of one partition, in order. When it returns, the batch counts as durable: what it returns is set aside,
 * the rest is committed. What it throws is retried; see the README for when the retries end in a set-aside.
 */
export type BatchHandler = (batch: ReceivedMessage[]) => Promise<SetAside[] | void>;

export interface SubscribeOptions {
  topic: string;
  /** Consumers of one group share the partitions. */
  group: string;
  handler: BatchHandler;
  /** @default 1000 */
  maxBatchSize?: number;
}

export interface SetAsideRecord {
  id: string;
  topic: string;
  group: string;
  key: string;
  value: Buffer;
  reason: string;
  setAsideAt: Date;
}

/** Append-only, partitioned, at least once. Kafka and PostgreSQL implement it; one behaviour suite holds both to it. */
export interface UsageStream {
  /** Makes the topics ready; safe to call from several processes at once. */
  connect(topics: readonly string[]): Promise<void>;
  /** Resolves when every message is durable; rejects, within `publishTimeoutMs`, when that is not known. */
  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
  /** Resolves when the consumer runs. `stop` waits for the batch at hand. */
  subscribe(options: SubscribeOptions): Promise<{ stop(): Promise<void> }>;
  /** Messages that were set aside and not replayed since, oldest first. */
  listSetAside(topic: string): Promise<SetAsideRecord[]>;
  /** Publishes set-aside messages again (all of the topic when `ids` is missing) and forgets them; returns how many. */
  replaySetAside(topic: string, ids?: readonly string[]): Promise<number>;
  /** Rejects within seconds when the engine cannot be reached. For readiness. */
  check(): Promise<void>;
  /** Stops the consumers, waits for what is being published, and lets go of the engine. Safe to call twice. */
  close(): Promise<void>;
}
