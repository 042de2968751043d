import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPublishLane, type PublishLaneOptions } from './publish-lane.js';

interface Item {
  name: string;
  bytes: number;
}

const item = (name: string, bytes = 1): Item => ({ name, bytes });

const laneWith = (send: PublishLaneOptions<Item>['send'], publishTimeoutMs = 5_000) => createPublishLane<Item>({ send, publishTimeoutMs, sizeOf: ({ bytes }) => bytes });

/** Records what it is sent and answers when it is told to. */
const recorder = () => {
  const sent: string[] = [];
  const open: { resolve(): void; reject(error: unknown): void }[] = [];
  const send = (topic: string, messages: Item[]): Promise<void> => {
    sent.push(`${topic}:${messages.map(({ name }) => name).join('')}`);
    return new Promise((resolve, reject) => open.push({ resolve, reject }));
  };
  const settle = async (error?: unknown): Promise<void> => {
    const next = open.shift()!;
    if (error === undefined) next.resolve();
    else next.reject(error);
    await new Promise(setImmediate);
  };
  return { sent, send, settle };
};

describe('batches', () => {
  test('what is published while a batch is under way goes together after it', async () => {
    const { sent, send, settle } = recorder();
    const lane = laneWith(send);
    const first = lane.publish('t', [item('a')]);
    await new Promise(setImmediate);
    const rest = ['b', 'c', 'd'].map((name) => lane.publish('t', [item(name)]));
    await settle();
    await first;
    await settle();
    await Promise.all(rest);
    expect(sent).toEqual(['t:a', 't:bcd']);
  });

  test('a publish right after the last one settled is sent too', async () => {
    const lane = laneWith(() => Promise.resolve());
    for (let round = 0; round < 100; round += 1) await lane.publish('t', [item('a')]);
  });

  test('of different topics keep the order of the calls', async () => {
    const { sent, send, settle } = recorder();
    const lane = laneWith(send);
    const all = Promise.all([lane.publish('t', [item('a')]), lane.publish('u', [item('b')]), lane.publish('t', [item('c')])]);
    await new Promise(setImmediate);
    for (let round = 0; round < 3; round += 1) await settle();
    await all;
    expect(sent).toEqual(['t:a', 'u:b', 't:c']);
  });

  test('stay below the limits, lose nothing and keep the order, whatever is published', async () => {
    const sizes = fc.array(fc.array(fc.integer({ min: 1, max: 600_000 }), { maxLength: 6 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, async (publishes) => {
        const batches: Item[][] = [];
        const lane = laneWith(async (_, messages) => void batches.push(messages));
        let count = 0;
        await Promise.all(publishes.map((list) => lane.publish('t', list.map((bytes) => item(String(count++), bytes)))));
        expect(batches.flat().map(({ name }) => name)).toEqual(Array.from({ length: count }, (_, index) => String(index)));
        for (const batch of batches) expect(batch.length === 1 || batch.reduce((sum, { bytes }) => sum + bytes, 0) <= 900_000).toBe(true);
      }),
    );
  });

  test('wait for more as long as they are told to', async () => {
    const { sent, send, settle } = recorder();
    const lane = createPublishLane<Item>({ send, publishTimeoutMs: 5_000, lingerMs: 20, sizeOf: ({ bytes }) => bytes });
    const first = lane.publish('t', [item('a')]);
    await new Promise(setImmediate);
    const second = lane.publish('t', [item('b')]);
    expect(sent).toEqual([]);
    while (sent.length === 0) await new Promise(setImmediate);
    await settle();
    await Promise.all([first, second]);
    expect(sent).toEqual(['t:ab']);
  });

  test('hold at most 1000 messages', async () => {
    const lengths: number[] = [];
    const lane = laneWith(async (_, messages) => void lengths.push(messages.length));
    await lane.publish('t', Array.from({ length: 2_500 }, () => item('x')));
    expect(lengths).toEqual([1_000, 1_000, 500]);
  });
});

describe('failures', () => {
  test('reject the publishes of that batch and no other', async () => {
    const { send, settle } = recorder();
    const lane = laneWith(send);
    const first = lane.publish('t', [item('a')]);
    await new Promise(setImmediate);
    const second = lane.publish('t', [item('b')]);
    const outcome = first.catch((error: unknown) => error);
    await settle(new Error('too large'));
    expect(await outcome).toMatchObject({ name: 'PublishError', transient: false, message: expect.stringContaining('too large') });
    await settle();
    await second;
  });

  test('a send that hangs is rejected in time and told to let go, also what waits behind it', async () => {
    let aborted = 0;
    const lane = laneWith((_topic, _messages, signal) => {
      signal.addEventListener('abort', () => (aborted += 1));
      return new Promise(() => undefined);
    }, 50);
    const startedAt = performance.now();
    const first = lane.publish('t', [item('a')]);
    await new Promise(setImmediate);
    const outcomes = await Promise.allSettled([first, lane.publish('t', [item('b')])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((outcomes[0] as PromiseRejectedResult).reason).toMatchObject({ transient: true });
    expect(aborted).toBeGreaterThanOrEqual(1);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  test('too much waiting is refused at once', async () => {
    const { send, settle } = recorder();
    const lane = laneWith(send);
    const accepted = [lane.publish('t', [item('a')])];
    await new Promise(setImmediate);
    accepted.push(lane.publish('t', [item('huge', 65 * 1024 * 1024)]));
    await expect(lane.publish('t', [item('b')])).rejects.toMatchObject({ transient: true });
    await settle();
    await settle();
    await Promise.all(accepted);
    const again = lane.publish('t', [item('c')]);
    await new Promise(setImmediate);
    await settle();
    await again;
  });
});

test('close waits for what was accepted and refuses the rest', async () => {
  const { send, settle } = recorder();
  const lane = laneWith(send);
  const accepted = lane.publish('t', [item('a')]);
  const closed = lane.close();
  await expect(lane.publish('t', [item('b')])).rejects.toMatchObject({ transient: false });
  await new Promise(setImmediate);
  await settle();
  await Promise.all([accepted, closed]);
});
