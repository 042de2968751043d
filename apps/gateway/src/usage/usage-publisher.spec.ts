import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '@llm-proxy/platform-logging';
import type { UsageEvent } from '@llm-proxy/usage-schema';
import type { OutgoingMessage, UsageStream } from '@llm-proxy/usage-stream';
import { Spool } from './spool.js';
import { UsagePublisher } from './usage-publisher.js';

const projectId = randomUUID();
const event = (id: string) => ({ id, data: { attribution: { projectId } } }) as unknown as UsageEvent;
const logger = createLogger('test', 'silent');

/** A stream that can be taken away, and that keeps what it got. */
const switchableStream = () => {
  const got: OutgoingMessage[] = [];
  const state = { away: false };
  const publish = async (_topic: string, batch: readonly OutgoingMessage[]) => {
    await new Promise(setImmediate);
    if (state.away) throw new Error('stream is away');
    got.push(...batch);
  };
  return { got, state, stream: { publish } as Partial<UsageStream> as UsageStream };
};

const until = async (condition: () => boolean) => {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('condition was not met in 5 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'publisher-'));
});
afterEach(() => rm(directory, { recursive: true }));

const start = async (stream: UsageStream, maxBytes = 1_000_000) =>
  new UsagePublisher({ stream, spool: await Spool.open({ directory, maxBytes }), logger, lingerMs: 1, maxBatch: 10, maxWaiting: 100, retryMs: { first: 2, last: 10 } });
const ids = (count: number, prefix = 'e') => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

describe('usage publisher', () => {
  it('publishes in order', async () => {
    const { got, stream } = switchableStream();
    const publisher = await start(stream);
    for (const id of ids(50)) publisher.emit(event(id));
    await publisher.close();
    expect(got.map(({ id }) => id)).toEqual(ids(50));
  });

  it('keeps the order while the stream goes and comes back', async () => {
    const { got, state, stream } = switchableStream();
    const publisher = await start(stream);
    const all = ids(600);
    for (const [index, id] of all.entries()) {
      if (index % 100 === 50) state.away = true;
      if (index % 100 === 0) state.away = false;
      publisher.emit(event(id));
      if (index % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    state.away = false;
    await until(() => got.length >= 600 && publisher.spooledBytes === 0);
    await publisher.close();
    expect(got.map(({ id }) => id)).toEqual(all);
  });

  it('leaves on disk what the stream did not take before the end, and the next process publishes it', async () => {
    const first = switchableStream();
    first.state.away = true;
    const before = await start(first.stream);
    for (const id of ids(25)) before.emit(event(id));
    await before.close();
    const second = switchableStream();
    const after = await start(second.stream);
    await until(() => second.got.length === 25);
    await after.close();
    expect(second.got.map(({ id }) => id)).toEqual(ids(25));
  });

  it('admits no call when neither the stream nor the disk takes events, and loses none', async () => {
    const { got, state, stream } = switchableStream();
    const publisher = await start(stream, 300);
    state.away = true;
    expect(publisher.canRecord()).toBe(true);
    for (const id of ids(30)) publisher.emit(event(id));
    await until(() => !publisher.canRecord());
    state.away = false;
    await until(() => got.length === 30 && publisher.canRecord());
    await publisher.close();
    expect(got.map(({ id }) => id)).toEqual(ids(30));
  });
});
