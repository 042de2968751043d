import { describe, expect, test } from '@jest/globals';
import { createLogger } from '@llm-proxy/platform-logging';
import fc from 'fast-check';
import { deliverBatch, type RetryPolicy } from './deliver-batch.js';
import type { BatchHandler, ReceivedMessage } from './port.js';
import { DeliveryInterrupted } from './usage-stream.errors.js';

const logger = createLogger('spec', 'silent');
const policy: RetryPolicy = { attempts: 3, firstWaitMs: 0, maxWaitMs: 1 };
const never = new AbortController().signal;

const batchOf = (size: number): ReceivedMessage[] =>
  Array.from({ length: size }, (_, index) => ({ id: `id-${index}`, key: 'k', value: Buffer.from(String(index)), topic: 't', partition: 0, offset: String(index) }));

const deliver = (batch: ReceivedMessage[], handler: BatchHandler, signal = never) => deliverBatch(batch, { group: 'g', handler, logger, signal, policy });

const away = (): Error => Object.assign(new Error('away'), { transient: true });

describe('a batch', () => {
  test('is handed over once when the handler succeeds', async () => {
    const calls: number[] = [];
    expect(await deliver(batchOf(3), async (batch) => void calls.push(batch.length))).toEqual([]);
    expect(calls).toEqual([3]);
  });

  test('is tried three times, then each message alone three times, in order', async () => {
    const calls: string[] = [];
    const setAsides = await deliver(batchOf(3), async (batch) => {
      calls.push(batch.map(({ offset }) => offset).join());
      if (batch.some(({ offset }) => offset === '1')) throw new RangeError('odd');
    });
    expect(calls).toEqual(['0,1,2', '0,1,2', '0,1,2', '0', '1', '1', '1', '2']);
    expect(setAsides.map(({ message, reason }) => [message.id, reason])).toEqual([['id-1', 'RangeError: odd']]);
  });

  test('of one message is not tried alone once more', async () => {
    let calls = 0;
    const setAsides = await deliver(batchOf(1), async () => {
      calls += 1;
      throw 'a text';
    });
    expect([calls, setAsides[0]!.reason]).toEqual([3, 'a text']);
  });

  test('keeps reasons short', async () => {
    const [setAside] = await deliver(batchOf(1), () => Promise.reject(new Error('x'.repeat(5_000))));
    expect(setAside!.reason).toHaveLength(1_000);
  });

  test('sets aside exactly the messages that always fail, and keeps what the handler itself sets aside', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('fine', 'poison', 'refused'), { minLength: 1, maxLength: 12 }), async (kinds) => {
        const handled: string[] = [];
        const setAsides = await deliver(batchOf(kinds.length), async (batch) => {
          if (batch.some(({ offset }) => kinds[Number(offset)] === 'poison')) throw new Error('poison');
          handled.push(...batch.map(({ offset }) => offset));
          return batch.filter(({ offset }) => kinds[Number(offset)] === 'refused').map((message) => ({ message, reason: 'refused' }));
        });
        const aside = Object.fromEntries(setAsides.map(({ message, reason }) => [message.offset, reason]));
        const expected = Object.fromEntries(kinds.flatMap((kind, offset) => (kind === 'fine' ? [] : [[offset, kind === 'poison' ? 'Error: poison' : 'refused']])));
        expect(aside).toEqual(expected);
        expect(handled).toEqual(kinds.flatMap((kind, offset) => (kind === 'poison' ? [] : [String(offset)])));
      }),
    );
  });
});

describe('while an engine is away', () => {
  test('attempts do not count', async () => {
    let calls = 0;
    const setAsides = await deliver(batchOf(2), async () => {
      calls += 1;
      if (calls <= 30) throw away();
    });
    expect([calls, setAsides]).toEqual([31, []]);
  });

  test('failures before and after the outage add up', async () => {
    const outcomes = [new Error('1'), away(), away(), new Error('2'), away(), new Error('3')];
    let calls = 0;
    await deliver(batchOf(1), async () => {
      throw outcomes[calls++]!;
    });
    expect(calls).toBe(6);
  });

  test('an abort ends the wait at once', async () => {
    const controller = new AbortController();
    const slow: RetryPolicy = { attempts: 3, firstWaitMs: 60_000, maxWaitMs: 60_000 };
    const handler = (): Promise<void> => {
      setImmediate(() => controller.abort());
      return Promise.reject(away());
    };
    await expect(deliverBatch(batchOf(1), { group: 'g', handler, logger, signal: controller.signal, policy: slow })).rejects.toThrow(DeliveryInterrupted);
  });
});

test('an abort does not interrupt a handler under way, whose success counts', async () => {
  const controller = new AbortController();
  const setAsides = await deliver(
    batchOf(1),
    async ([message]) => {
      controller.abort();
      await new Promise(setImmediate);
      return [{ message: message!, reason: 'known' }];
    },
    controller.signal,
  );
  expect(setAsides).toHaveLength(1);
});
