import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '@llm-proxy/platform-logging';
import type { UsageEvent } from '@llm-proxy/usage-schema';
import type { OutgoingMessage, UsageStream } from '@llm-proxy/usage-stream';
import { Journal } from './journal.js';
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
  new UsagePublisher({ stream, spool: await Spool.open({ directory, maxBytes }), journal: new Journal(directory), logger, lingerMs: 1, maxBatch: 10, maxWaiting: 100, retryMs: { first: 2, last: 10 } });
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

  /** As if the process had been killed: the publisher is left as it is, in the middle of a publish that never ends. */
  const killedAmidst = async (count: number) => {
    let isPublishing = false;
    const publish = () => {
      isPublishing = true;
      return new Promise<never>(() => undefined);
    };
    const publisher = await start({ publish } as Partial<UsageStream> as UsageStream);
    for (const id of ids(count / 2)) publisher.emit(event(id));
    await until(() => isPublishing);
    for (const id of ids(count).slice(count / 2)) publisher.emit(event(id));
  };

  it('loses nothing of what waited in memory when the process was killed', async () => {
    await killedAmidst(60);
    const { got, stream } = switchableStream();
    const after = await start(stream);
    await until(() => got.length >= 60 && after.spooledBytes === 0);
    await after.close();
    expect(got.map(({ id }) => id)).toEqual(ids(60));
    expect(await readdir(directory)).toEqual(['cursor.json']);
  });

  it('takes from a journal that a crash cut what is whole', async () => {
    await killedAmidst(20);
    await appendFile(path.join(directory, 'journal.1'), 'deadbeef id-x key-x {"half":');
    const { got, stream } = switchableStream();
    const after = await start(stream);
    await until(() => after.spooledBytes === 0);
    await after.close();
    expect(got.map(({ id }) => id)).toEqual(ids(20));
  });

  it('leaves alone what a publish that was given up may still read', async () => {
    const lent: OutgoingMessage[] = [];
    let isFirst = true;
    const publish = async (_topic: string, batch: readonly OutgoingMessage[]) => {
      if (!isFirst) return;
      isFirst = false;
      lent.push(...batch);
      throw new Error('not known to be durable in time');
    };
    const publisher = await start({ publish } as Partial<UsageStream> as UsageStream);
    for (const id of ids(10)) publisher.emit(event(id));
    const asSent = () => lent.map(({ value }) => value.toString());
    await until(() => lent.length > 0 && publisher.waitingEvents === 0 && publisher.spooledBytes === 0);
    const before = asSent();
    for (const id of ids(30, 'other')) publisher.emit(event(id));
    await until(() => publisher.waitingEvents === 0);
    expect(asSent()).toEqual(before);
    await publisher.close();
  });

  it('goes on when the journal cannot be emptied, and says so', async () => {
    const { got, stream } = switchableStream();
    const spool = await Spool.open({ directory, maxBytes: 1_000_000 });
    const journal = new Journal(directory);
    const publisher = new UsagePublisher({ stream, spool, journal, logger, lingerMs: 1 });
    publisher.emit(event('e-0'));
    await journal.close();
    publisher.emit(event('e-1'));
    await until(() => got.length === 2 && publisher.waitingEvents === 0);
    publisher.emit(event('e-2'));
    await until(() => got.length === 3);
    expect(publisher.counts.journalFailures).toBeGreaterThan(1);
    await spool.close();
  });

  it('keeps no more in the journal than waits', async () => {
    const { got, stream } = switchableStream();
    const publisher = await start(stream);
    for (const id of ids(500)) {
      publisher.emit(event(id));
      if (id.endsWith('9')) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await until(() => got.length === 500 && publisher.waitingEvents === 0);
    const sizes = await Promise.all(['journal.0', 'journal.1'].map(async (name) => (await stat(path.join(directory, name))).size));
    expect(sizes).toEqual([0, 0]);
    await publisher.close();
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('goes on without a journal when the disk is full', async () => {
    const spool = await Spool.open({ directory, maxBytes: 1_000_000 });
    await symlink('/dev/full', path.join(directory, 'journal.0'));
    const { got, stream } = switchableStream();
    const publisher = new UsagePublisher({ stream, spool, journal: new Journal(directory), logger, lingerMs: 1 });
    for (const id of ids(10)) publisher.emit(event(id));
    expect(publisher.counts.journalFailures).toBe(10);
    await until(() => got.length === 10);
    expect(publisher.canRecord()).toBe(true);
    await publisher.close();
  });
});
