import type { Logger } from '@llm-proxy/platform-logging';
import type { BatchHandler, ReceivedMessage, SetAside } from './port.js';
import { isTransient } from './transient-error.js';
import { DeliveryInterrupted, describeError } from './usage-stream.errors.js';
import { backoffMs, wait } from './wait.js';

export interface RetryPolicy {
  /** How often a batch is tried as a whole, and after that each of its messages alone. */
  attempts: number;
  /** Between two attempts; doubles. */
  firstWaitMs: number;
  /** Longest wait while an engine is away. */
  maxWaitMs: number;
}

export const RETRY_POLICY: RetryPolicy = { attempts: 3, firstWaitMs: 100, maxWaitMs: 10_000 };

export interface Delivery {
  group: string;
  handler: BatchHandler;
  logger: Logger;
  /** Aborts when the consumer stops or loses the partition. A handler under way is waited for, a wait between attempts is not. */
  signal: AbortSignal;
  policy?: RetryPolicy;
}

const MAX_REASON_LENGTH = 1_000;

/**
 * Gives a batch to its handler until every message is either done or to be set aside.
 *
 * While an engine is away (`isTransient`), tries for ever: nothing is set aside because of an outage. Any other failure is retried
 * a few times with the whole batch, then message by message in order, and the messages that still fail are set aside.
 * @returns what has to be set aside before the batch may be committed
 * @throws DeliveryInterrupted when the signal aborts first
 */
export const deliverBatch = async (batch: ReceivedMessage[], delivery: Delivery): Promise<SetAside[]> => {
  const outcome = await attempt(batch, delivery);
  const setAsides = outcome.ok ? outcome.setAsides : await deliverOneByOne(batch, outcome.error, delivery);
  for (const { message, reason } of setAsides) {
    const { topic, partition, offset, id } = message;
    delivery.logger.warn({ topic, group: delivery.group, partition, offset, id, reason }, 'message set aside');
  }
  return setAsides;
};

type Outcome = { ok: true; setAsides: SetAside[] } | { ok: false; error: unknown };

const deliverOneByOne = async (batch: ReceivedMessage[], error: unknown, delivery: Delivery): Promise<SetAside[]> => {
  if (batch.length === 1) return [{ message: batch[0]!, reason: reasonOf(error) }];
  const setAsides: SetAside[] = [];
  for (const message of batch) {
    const outcome = await attempt([message], delivery);
    setAsides.push(...(outcome.ok ? outcome.setAsides : [{ message, reason: reasonOf(outcome.error) }]));
  }
  return setAsides;
};

const attempt = async (batch: ReceivedMessage[], delivery: Delivery): Promise<Outcome> => {
  const { attempts, firstWaitMs, maxWaitMs } = delivery.policy ?? RETRY_POLICY;
  let failures = 0;
  let outages = 0;
  for (;;) {
    if (delivery.signal.aborted) throw new DeliveryInterrupted('delivery interrupted');
    try {
      return { ok: true, setAsides: (await delivery.handler(batch)) ?? [] };
    } catch (error) {
      const transient = isTransient(error);
      logFailure(batch, error, transient, outages, delivery);
      if (transient) outages += 1;
      else failures += 1;
      if (failures >= attempts) return { ok: false, error };
      await wait(backoffMs((transient ? outages : failures) - 1, firstWaitMs, maxWaitMs), delivery.signal);
    }
  }
};

const logFailure = (batch: ReceivedMessage[], err: unknown, transient: boolean, outages: number, { logger, group }: Delivery): void => {
  const { topic, partition, offset } = batch[0]!;
  const record = { err, topic, group, partition, offset, messages: batch.length };
  if (!transient) logger.warn(record, 'the handler failed');
  // An outage is one line when it is noticed and one every few minutes, not one per attempt.
  else if (outages % 20 === 0) logger.warn(record, 'the handler waits for an engine that is away');
};

const reasonOf = (error: unknown): string => describeError(error).slice(0, MAX_REASON_LENGTH);
