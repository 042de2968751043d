import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger, type Logger } from '@llm-proxy/platform-logging';
import type { OutgoingMessage, ReceivedMessage, SetAside, UsageStream } from './port.js';
import { PublishError } from './usage-stream.errors.js';
import { collect, idsOf, isAscending, message, range, until, valueOf } from './inbox.suite.js';
import type { SeverableLink } from './severable-link.suite.js';

/** One process of a deployment, with a network of its own to the engine. */
export interface Process {
  stream: UsageStream;
  link: SeverableLink;
}

export interface StreamOptions {
  logger: Logger;
  clientId: string;
  publishTimeoutMs: number;
  sessionTimeoutMs: number;
}

/** An engine with the adapter for it. */
export interface StreamEngine {
  open(options: StreamOptions): Promise<Process>;
  close(): Promise<void>;
}

const PUBLISH_TIMEOUT_MS = 4_000;
const SESSION_TIMEOUT_MS = 6_000;
const TEST_TIMEOUT_MS = 90_000;

/** What every adapter of the port promises. */
export const describeUsageStream = (createEngine: () => Promise<StreamEngine>): void => {
  const logger = createLogger('usage-stream-suite', 'silent');
  const processes: Process[] = [];
  let engine: StreamEngine;
  let topic: string;

  const open = async (topics: string[] = [topic]): Promise<Process> => {
    const opened = await engine.open({ logger, clientId: 'suite', publishTimeoutMs: PUBLISH_TIMEOUT_MS, sessionTimeoutMs: SESSION_TIMEOUT_MS });
    processes.push(opened);
    await opened.stream.connect(topics);
    return opened;
  };

  beforeAll(async () => {
    engine = await createEngine();
  }, TEST_TIMEOUT_MS);

  afterEach(async () => {
    for (const { link } of processes) link.restore();
    await Promise.all(processes.map(({ stream }) => stream.close()));
    await Promise.all(processes.splice(0).map(({ link }) => link.close()));
  }, TEST_TIMEOUT_MS);

  afterAll(() => engine?.close(), TEST_TIMEOUT_MS);

  const freshTopic = (): void => {
    topic = `suite.${randomUUID()}`;
  };

  describe('publishing and consuming', () => {
    test('keeps the order per key under concurrent publishers, every message once, batches from one partition', async () => {
      freshTopic();
      const publishers = await Promise.all([open(), open(), open()]);
      const inbox = collect();
      await publishers[0]!.stream.subscribe({ topic, group: 'g', handler: inbox.handler });
      await Promise.all(
        publishers.map(async ({ stream }, publisher) => {
          for (let round = 0; round < 20; round += 1) {
            // Not awaited one by one: the order of the calls counts.
            await Promise.all(range(5).map((step) => stream.publish(topic, range(8).map((key) => message(`key-${key}`, { publisher, sequence: round * 5 + step })))));
          }
        }),
      );
      await until(() => inbox.messages.length >= 3 * 20 * 5 * 8);
      const byKeyAndPublisher = Map.groupBy(inbox.messages, (one) => `${one.key}/${valueOf(one)['publisher'] as number}`);
      expect(byKeyAndPublisher.size).toBe(3 * 8);
      for (const list of byKeyAndPublisher.values()) expect(list.map((one) => valueOf(one)['sequence'])).toEqual(range(100));
      for (const batch of inbox.batches) {
        expect(new Set(batch.map(({ partition }) => partition)).size).toBe(1);
        expect(isAscending(batch.map(({ offset }) => BigInt(offset)))).toBe(true);
      }
    }, TEST_TIMEOUT_MS);

    test('hands over batches up to the size asked for, with the bytes as they were', async () => {
      freshTopic();
      const { stream } = await open();
      const sent = range(2_500).map((index): OutgoingMessage => ({ id: randomUUID(), key: 'one', value: Buffer.from([0, 255, index & 255, index >> 8, 0xc3, 0x28]) }));
      await stream.publish(topic, sent);
      const inbox = collect();
      await stream.subscribe({ topic, group: 'g', handler: inbox.handler, maxBatchSize: 400 });
      await until(() => inbox.messages.length >= sent.length);
      expect(inbox.messages.map(({ id, key, value }) => ({ id, key, value }))).toEqual(sent);
      expect(Math.max(...inbox.batches.map(({ length }) => length))).toBe(400);
    }, TEST_TIMEOUT_MS);

    test('takes a single message larger than a batch may be, an empty value, and nothing at all', async () => {
      freshTopic();
      const { stream } = await open();
      const inbox = collect();
      await stream.subscribe({ topic, group: 'g', handler: inbox.handler });
      await stream.publish(topic, []);
      const sent = [{ id: randomUUID(), key: 'k', value: Buffer.alloc(950_000, 'usage ') }, { id: randomUUID(), key: 'k', value: Buffer.alloc(0) }];
      await stream.publish(topic, sent);
      await until(() => inbox.messages.length >= 2);
      expect(inbox.messages.map(({ id, value }) => ({ id, bytes: value.length }))).toEqual(sent.map(({ id, value }) => ({ id, bytes: value.length })));
    }, TEST_TIMEOUT_MS);

    test('each group gets everything, also what was published before it came', async () => {
      freshTopic();
      const { stream } = await open();
      const [first, second] = [collect(), collect()];
      await stream.subscribe({ topic, group: 'first', handler: first.handler });
      await stream.publish(topic, range(50).map((index) => message(`k${index}`, index)));
      await until(() => first.messages.length >= 50);
      await stream.subscribe({ topic, group: 'second', handler: second.handler });
      await until(() => second.messages.length >= 50);
      expect(idsOf(second.messages)).toEqual(idsOf(first.messages));
    }, TEST_TIMEOUT_MS);

    test('delivers soon after the publish while it is idle', async () => {
      freshTopic();
      const { stream } = await open();
      const inbox = collect();
      await stream.subscribe({ topic, group: 'g', handler: inbox.handler });
      await stream.publish(topic, [message('warm', 0)]);
      await until(() => inbox.messages.length === 1);
      const latenciesMs: number[] = [];
      for (const round of range(10)) {
        const startedAt = performance.now();
        await stream.publish(topic, [message('k', round)]);
        await until(() => inbox.messages.length === round + 2, 1);
        latenciesMs.push(performance.now() - startedAt);
      }
      // The median, because a shared machine has pauses of its own.
      expect(latenciesMs.sort((left, right) => left - right)[5]).toBeLessThan(150);
    }, TEST_TIMEOUT_MS);

    test('many processes may connect to new topics at once', async () => {
      const topics = range(3).map(() => `suite.${randomUUID()}`);
      const opened = await Promise.all(range(4).map(() => open(topics)));
      await Promise.all(opened.map(({ stream }) => stream.publish(topics[0]!, [message('k', 1)])));
      const inbox = collect();
      await opened[0]!.stream.subscribe({ topic: topics[0]!, group: 'g', handler: inbox.handler });
      await until(() => inbox.messages.length >= 4);
    }, TEST_TIMEOUT_MS);
  });

  describe('failures of the handler', () => {
    test('a batch whose handler fails comes again, in the same order', async () => {
      freshTopic();
      const { stream } = await open();
      await stream.publish(topic, range(20).map((index) => message('k', index)));
      const attempts: ReceivedMessage[][] = [];
      const inbox = collect();
      const handler = async (batch: ReceivedMessage[]): Promise<void> => {
        attempts.push(batch);
        if (attempts.length <= 2) throw new Error('not yet');
        await inbox.handler(batch);
      };
      await stream.subscribe({ topic, group: 'g', handler });
      await until(() => inbox.messages.length >= 20);
      expect(inbox.messages.map(valueOf)).toEqual(range(20));
      expect(attempts[1]).toEqual(attempts[0]);
      expect(await stream.listSetAside(topic)).toEqual([]);
    }, TEST_TIMEOUT_MS);

    test('a message that always fails is set aside with its reason, and its neighbours arrive', async () => {
      freshTopic();
      const { stream } = await open();
      const sent = range(9).map((index) => message('k', index));
      const poison = sent[4]!;
      const inbox = collect();
      const handler = async (batch: ReceivedMessage[]): Promise<void> => {
        if (batch.some(({ id }) => id === poison.id)) throw new TypeError('no such\u0000 model');
        await inbox.handler(batch);
      };
      await stream.publish(topic, sent);
      await stream.subscribe({ topic, group: 'g', handler });
      await stream.publish(topic, [message('k', 'after')]);
      await until(() => inbox.messages.length >= 9);
      expect(inbox.messages.map(valueOf)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 'after']);
      const [record, ...others] = await stream.listSetAside(topic);
      expect(others).toEqual([]);
      expect(record).toMatchObject({ id: poison.id, topic, group: 'g', key: 'k', value: poison.value, reason: expect.stringMatching(/^TypeError: no such. model$/) });
      expect(Math.abs(Date.now() - record!.setAsideAt.getTime())).toBeLessThan(TEST_TIMEOUT_MS);
    }, TEST_TIMEOUT_MS);

    test('what the handler returns is set aside before the batch is committed, and can be replayed, all or some', async () => {
      freshTopic();
      const { stream } = await open();
      const sent = range(6).map((index) => message(`k${index}`, index));
      const inbox = collect();
      let priced = false;
      const handler = async (batch: ReceivedMessage[]): Promise<SetAside[] | void> => {
        if (!priced) return batch.map((one) => ({ message: one, reason: 'unpriceable' }));
        await inbox.handler(batch);
      };
      await stream.subscribe({ topic, group: 'g', handler });
      await stream.publish(topic, sent);
      await until(async () => (await stream.listSetAside(topic)).length === 6);
      expect((await stream.listSetAside(topic)).map(({ reason }) => reason)).toEqual(Array(6).fill('unpriceable'));

      // Replayed without a change, they are set aside again: not lost, and not there twice.
      expect(await stream.replaySetAside(topic)).toBe(6);
      const before = new Set<number>();
      await until(async () => {
        const records = await stream.listSetAside(topic);
        records.forEach(({ setAsideAt }) => before.add(setAsideAt.getTime()));
        return records.length === 6;
      });
      priced = true;
      expect(await stream.replaySetAside(topic, [sent[2]!.id, 'unknown'])).toBe(1);
      await until(() => inbox.messages.length === 1);
      expect(await stream.replaySetAside(topic)).toBe(5);
      await until(() => inbox.messages.length === 6);
      expect(idsOf(inbox.messages)).toEqual(idsOf(sent));
      expect(inbox.messages.find(({ id }) => id === sent[2]!.id)).toMatchObject(sent[2]!);
      expect(await stream.listSetAside(topic)).toEqual([]);
      expect(await stream.replaySetAside(topic)).toBe(0);
    }, TEST_TIMEOUT_MS);

    test('an outage of an engine the handler needs sets nothing aside, however long, and a stop need not wait for its end', async () => {
      freshTopic();
      const { stream } = await open();
      await stream.publish(topic, range(5).map((index) => message('k', index)));
      let away = true;
      let attempts = 0;
      const inbox = collect();
      const handler = async (batch: ReceivedMessage[]): Promise<void> => {
        attempts += 1;
        if (away) throw Object.assign(new Error('counters are away'), { transient: true });
        await inbox.handler(batch);
      };
      const consumer = await stream.subscribe({ topic, group: 'g', handler });
      await until(() => attempts >= 5);
      const stopped = performance.now();
      await consumer.stop();
      expect(performance.now() - stopped).toBeLessThan(SESSION_TIMEOUT_MS);
      expect(await stream.listSetAside(topic)).toEqual([]);
      away = false;
      await stream.subscribe({ topic, group: 'g', handler });
      await until(() => inbox.messages.length >= 5);
      expect(inbox.messages.map(valueOf)).toEqual(range(5));
    }, TEST_TIMEOUT_MS);
  });

  describe('consumers come and go', () => {
    test('a consumer that comes later gets its part, and everything of one that dies', async () => {
      freshTopic();
      const [publisher, first, second] = [await open(), await open(), await open()];
      const inboxes = [collect(), collect()];
      await first.stream.subscribe({ topic, group: 'g', handler: inboxes[0]!.handler });
      await second.stream.subscribe({ topic, group: 'g', handler: inboxes[1]!.handler });
      const sent: OutgoingMessage[] = [];
      const publishSome = async (): Promise<void> => {
        const more = range(30).map((index) => message(`key-${index}`, sent.length + index));
        sent.push(...more);
        await publisher.stream.publish(topic, more);
      };
      await until(async () => {
        await publishSome();
        return inboxes.every(({ messages }) => messages.length > 0);
      }, 200);

      first.link.sever('refuse');
      const lateIds = new Set<string>();
      for (const _ of range(5)) {
        const from = sent.length;
        await publishSome();
        sent.slice(from).forEach(({ id }) => lateIds.add(id));
      }
      await until(() => [...lateIds].every((id) => inboxes.some(({ messages }) => messages.some((one) => one.id === id))));
      const received = new Set(inboxes.flatMap(({ messages }) => messages.map(({ id }) => id)));
      expect(sent.filter(({ id }) => !received.has(id))).toEqual([]);
    }, TEST_TIMEOUT_MS);

    test('after a restart it goes on behind the last commit', async () => {
      freshTopic();
      const { stream } = await open();
      const before = collect();
      const consumer = await stream.subscribe({ topic, group: 'g', handler: before.handler });
      await stream.publish(topic, range(200).map((index) => message(`k${index % 7}`, index)));
      await until(() => before.messages.length >= 200);
      await consumer.stop();
      const later = range(100).map((index) => message(`k${index % 7}`, 200 + index));
      await stream.publish(topic, later);
      const restarted = await open();
      const after = collect();
      await restarted.stream.subscribe({ topic, group: 'g', handler: after.handler });
      await until(() => after.messages.length >= 100);
      expect(idsOf(after.messages)).toEqual(idsOf(later));
    }, TEST_TIMEOUT_MS);

    test('a stop waits for the batch at hand, and that batch is committed', async () => {
      freshTopic();
      const { stream } = await open();
      await stream.publish(topic, range(10).map((index) => message('k', index)));
      const gate = Promise.withResolvers<void>();
      const entered = Promise.withResolvers<void>();
      const handled = collect();
      const handler = async (batch: ReceivedMessage[]): Promise<void> => {
        entered.resolve();
        await gate.promise;
        await handled.handler(batch);
      };
      const consumer = await stream.subscribe({ topic, group: 'g', handler });
      await entered.promise;
      let stopped = false;
      const stopping = consumer.stop().then(() => (stopped = true));
      await stream.publish(topic, [message('k', 'later')]);
      expect(stopped).toBe(false);
      gate.resolve();
      await stopping;
      expect(handled.messages.map(valueOf)).toEqual(range(10));
      const after = collect();
      await stream.subscribe({ topic, group: 'g', handler: after.handler });
      await until(() => after.messages.length >= 1);
      expect(after.messages.map(valueOf)).toEqual(['later']);
    }, TEST_TIMEOUT_MS);

    test('keeps its partitions through a batch that takes longer than a session', async () => {
      freshTopic();
      const [slow, other] = [await open(), await open()];
      const startedAt = performance.now();
      const handled: string[] = [];
      const handler = async (batch: ReceivedMessage[]): Promise<void> => {
        await until(() => performance.now() - startedAt > SESSION_TIMEOUT_MS * 2);
        handled.push(...batch.map(({ id }) => id));
      };
      const consumer = await slow.stream.subscribe({ topic, group: 'g', handler });
      const sent = [message('k', 1)];
      await other.stream.publish(topic, sent);
      await until(() => handled.length > 0);
      await consumer.stop();
      const after = collect();
      await other.stream.subscribe({ topic, group: 'g', handler: after.handler });
      await other.stream.publish(topic, [message('k', 2)]);
      await until(() => after.messages.length > 0);
      expect(after.messages.map(valueOf)).toEqual([2]);
      expect(handled).toEqual([sent[0]!.id]);
    }, TEST_TIMEOUT_MS);
  });

  describe('the engine goes away', () => {
    test.each(['refuse', 'silence'] as const)('a publish is rejected in time, check tells, and both work again when the engine is back (%s)', async (how) => {
      freshTopic();
      const { stream, link } = await open();
      await stream.publish(topic, [message('k', 'before')]);
      await stream.check();
      link.sever(how);
      await expect(stream.check()).rejects.toThrow();
      const startedAt = performance.now();
      const outcomes = await Promise.allSettled(range(3).map((index) => stream.publish(topic, [message('k', index)])));
      expect(performance.now() - startedAt).toBeLessThan(PUBLISH_TIMEOUT_MS + SESSION_TIMEOUT_MS);
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(PublishError) });
      for (const outcome of outcomes) expect((outcome as PromiseRejectedResult).reason).toMatchObject({ transient: true });
      link.restore();
      await until(() => stream.publish(topic, [message('k', 'after')]).then(() => stream.check()).then(() => true, () => false));
    }, TEST_TIMEOUT_MS);

    test('a consumer goes on by itself when the engine is back', async () => {
      freshTopic();
      const [publisher, consumer] = [await open(), await open()];
      const inbox = collect();
      await consumer.stream.subscribe({ topic, group: 'g', handler: inbox.handler });
      await publisher.stream.publish(topic, [message('k', 0)]);
      await until(() => inbox.messages.length === 1);
      consumer.link.sever('refuse');
      await publisher.stream.publish(topic, range(10).map((index) => message('k', index + 1)));
      consumer.link.restore();
      await until(() => inbox.messages.length >= 11);
      expect(idsOf(inbox.messages).length).toBe(11);
    }, TEST_TIMEOUT_MS);

    test('a process that starts while the engine is away works when it comes back', async () => {
      freshTopic();
      const opened = await engine.open({ logger, clientId: 'suite', publishTimeoutMs: PUBLISH_TIMEOUT_MS, sessionTimeoutMs: SESSION_TIMEOUT_MS });
      processes.push(opened);
      opened.link.sever('refuse');
      const startedAt = performance.now();
      await opened.stream.connect([topic]);
      const inbox = collect();
      await opened.stream.subscribe({ topic, group: 'g', handler: inbox.handler });
      expect(performance.now() - startedAt).toBeLessThan(2 * PUBLISH_TIMEOUT_MS + SESSION_TIMEOUT_MS);
      opened.link.restore();
      await until(() => opened.stream.publish(topic, [message('k', 1)]).then(() => true, () => false));
      await until(() => inbox.messages.length >= 1);
    }, TEST_TIMEOUT_MS);

    test('close ends while the engine is away', async () => {
      freshTopic();
      const { stream, link } = await open();
      await stream.subscribe({ topic, group: 'g', handler: collect().handler });
      link.sever('silence');
      await stream.close();
    }, TEST_TIMEOUT_MS);
  });
};
