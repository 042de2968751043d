import { setTimeout as delay } from 'node:timers/promises';
import { PublishError, toPublishError } from './usage-stream.errors.js';
import { orAborted } from './wait.js';

export interface PublishLaneOptions<Message> {
  /** Makes the messages durable, all or an error; called for one batch at a time. When the signal aborts it must let go of the engine. */
  send(topic: string, messages: Message[], signal: AbortSignal): Promise<void>;
  sizeOf(message: Message): number;
  publishTimeoutMs: number;
  /** How long a batch that is not full waits for more. @default 0 */
  lingerMs?: number;
}

export interface PublishLane<Message> {
  publish(topic: string, messages: readonly Message[]): Promise<void>;
  /** Resolves when everything that was accepted is sent or rejected. Later publishes are rejected. */
  close(): Promise<void>;
}

interface Waiting<Message> {
  topic: string;
  messages: readonly Message[];
  bytes: number;
  deadline: number;
  settle(error?: PublishError): void;
}

const MAX_BATCH_MESSAGES = 1_000;
/** Below Kafka's default limit of 1 MiB for what one partition takes in one request, even if nothing of it compresses. */
const MAX_BATCH_BYTES = 900_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * Publishes of one process, in order, one batch at a time: what is published while a batch is under way is sent together after it.
 *
 * One at a time is needed for safety, not only for order. With kafkajs two requests of an idempotent producer could otherwise be given
 * the same sequence number when a connection breaks, and the broker would drop the second as a duplicate. It also costs the
 * engine one commit per batch, not per message, however many callers there are.
 */
export const createPublishLane = <Message>(options: PublishLaneOptions<Message>): PublishLane<Message> => {
  const { publishTimeoutMs, lingerMs = 0 } = options;
  const waiting: Waiting<Message>[] = [];
  let waitingBytes = 0;
  let closed = false;
  let draining: Promise<void> | undefined;

  const publish = (topic: string, messages: readonly Message[]): Promise<void> => {
    if (messages.length === 0) return Promise.resolve();
    if (closed) return Promise.reject(new PublishError('the stream is closed', false));
    if (waitingBytes > MAX_WAITING_BYTES) return Promise.reject(new PublishError('too much is waiting to be published', true));
    const deadline = Date.now() + publishTimeoutMs;
    const parts = split(messages, options.sizeOf).map(({ part, bytes }) => enqueue({ topic, messages: part, bytes, deadline }));
    draining ??= drain();
    return parts.length === 1 ? parts[0]! : Promise.all(parts).then(() => undefined);
  };

  const enqueue = (part: Omit<Waiting<Message>, 'settle'>): Promise<void> =>
    new Promise((resolve, reject) => {
      waitingBytes += part.bytes;
      waiting.push({ ...part, settle: (error) => (error === undefined ? resolve() : reject(error)) });
    });

  const drain = async (): Promise<void> => {
    // Lets the publishes of the same turn of the event loop share a batch.
    await undefined;
    while (waiting.length > 0) {
      if (lingerMs > 0 && !closed && waiting.length < MAX_BATCH_MESSAGES) await delay(lingerMs);
      const batch = waiting.splice(0, countOfBatch(waiting));
      for (const { bytes } of batch) waitingBytes -= bytes;
      const error = await sendBatch(batch);
      for (const { settle } of batch) settle(error);
    }
    // In the same turn as the check above, so that no publish slips in between and waits for ever.
    draining = undefined;
  };

  const sendBatch = async (batch: Waiting<Message>[]): Promise<PublishError | undefined> => {
    const { topic, deadline } = batch[0]!;
    const leftMs = deadline - Date.now();
    const timedOut = (): PublishError => new PublishError(`not known to be durable after ${publishTimeoutMs} ms`, true);
    if (leftMs <= 0) return timedOut();
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(timedOut()), leftMs);
    const messages = batch.length === 1 ? [...batch[0]!.messages] : batch.flatMap((one) => one.messages);
    try {
      await orAborted(options.send(topic, messages, controller.signal), controller.signal);
      return undefined;
    } catch (error) {
      return toPublishError(error);
    } finally {
      clearTimeout(timer);
    }
  };

  const close = async (): Promise<void> => {
    closed = true;
    await draining;
  };

  return { publish, close };
};

/** How many of the first publishes go together: those of one topic, up to the limits, and at least one. */
const countOfBatch = (waiting: readonly { topic: string; messages: readonly unknown[]; bytes: number }[]): number => {
  let [messages, bytes] = [0, 0];
  const end = waiting.findIndex((next, index) => {
    messages += next.messages.length;
    bytes += next.bytes;
    return index > 0 && (next.topic !== waiting[0]!.topic || messages > MAX_BATCH_MESSAGES || bytes > MAX_BATCH_BYTES);
  });
  return end === -1 ? waiting.length : end;
};

const split = <Message>(messages: readonly Message[], sizeOf: (message: Message) => number): { part: Message[]; bytes: number }[] => {
  const parts: { part: Message[]; bytes: number }[] = [];
  for (const message of messages) {
    const size = sizeOf(message);
    const last = parts.at(-1);
    if (last === undefined || last.part.length >= MAX_BATCH_MESSAGES || last.bytes + size > MAX_BATCH_BYTES) parts.push({ part: [message], bytes: size });
    else {
      last.part.push(message);
      last.bytes += size;
    }
  }
  return parts;
};
