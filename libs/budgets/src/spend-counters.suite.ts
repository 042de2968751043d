import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Forwarder, startForwarder } from './forwarder.suite.js';
import { CountersAwayError, type SpendCounters, type SpendEntry, type SpendScope } from './index.js';

export interface SuiteOptions {
  engineUrl: () => string;
  /** A client of the engine; commands give up after `timeoutMs`. */
  create: (url: string, timeoutMs: number) => SpendCounters;
}

const PROJECT: SpendScope = { dimension: 'project' };
/** Close to now, because counters of long past windows are gone. */
const NOW = new Date();

const entryOf = (over: Partial<SpendEntry> = {}): SpendEntry => ({
  eventId: randomUUID(),
  projectId: randomUUID(),
  occurredAt: NOW,
  amountNanoUsd: 1n,
  dimensions: {},
  ...over,
});

/** What every store of spend counters promises. */
export const describeSpendCounters = ({ engineUrl, create }: SuiteOptions): void => {
  describe('counting', () => {
    let counters: SpendCounters;
    let other: SpendCounters;
    const day = (projectId: string, scope: SpendScope = PROJECT, at = NOW) => counters.read(projectId, { scope, window: { kind: 'day', at } });
    const month = (projectId: string, scope: SpendScope = PROJECT, at = NOW) => counters.read(projectId, { scope, window: { kind: 'month', at } });

    beforeAll(async () => {
      [counters, other] = [create(engineUrl(), 10_000), create(engineUrl(), 10_000)];
      await counters.connect();
      await other.connect();
    });

    afterAll(async () => {
      await counters.close();
      await other.close();
    });

    it('adds to the project and to each dimension that the entry has, by day and by month', async () => {
      const projectId = randomUUID();
      await counters.add([
        entryOf({ projectId, amountNanoUsd: 7n, dimensions: { user: 'ann', participant: 'Ann B', room: 'lab', apiKey: 'k1' } }),
        entryOf({ projectId, amountNanoUsd: 5n, dimensions: { user: null, participant: 'ann', room: 'lab' } }),
      ]);
      expect(await Promise.all([day(projectId), month(projectId)])).toEqual([12n, 12n]);
      expect(await day(projectId, { dimension: 'user', value: 'ann' })).toBe(7n);
      expect(await day(projectId, { dimension: 'participant', value: 'Ann B' })).toBe(7n);
      expect(await day(projectId, { dimension: 'participant', value: 'ann' })).toBe(5n);
      expect(await month(projectId, { dimension: 'room', value: 'lab' })).toBe(12n);
      expect(await month(projectId, { dimension: 'apiKey', value: 'k1' })).toBe(7n);
      expect(await day(projectId, { dimension: 'user', value: 'null' })).toBe(0n);
    });

    it('keeps projects apart', async () => {
      const [one, two] = [entryOf({ amountNanoUsd: 3n }), entryOf({ amountNanoUsd: 4n })];
      await counters.add([one, two]);
      expect(await Promise.all([day(one.projectId), day(two.projectId), day(randomUUID())])).toEqual([3n, 4n, 0n]);
    });

    it('counts an event once: within a batch, over batches, in either spelling of its id', async () => {
      const entry = entryOf({ amountNanoUsd: 9n });
      await counters.add([entry, entry, { ...entry, eventId: entry.eventId.toUpperCase() }]);
      await other.add([entry, entryOf({ projectId: entry.projectId, amountNanoUsd: 1n })]);
      await counters.add([{ ...entry, eventId: entry.eventId.toUpperCase() }]);
      expect(await day(entry.projectId)).toBe(10n);
    });

    it('counts an event once when several processes add overlapping batches at the same time', async () => {
      const projects = [randomUUID(), randomUUID(), randomUUID()];
      const entries = Array.from({ length: 300 }, (_, index) =>
        entryOf({ projectId: projects[index % 3]!, amountNanoUsd: BigInt(index + 1), dimensions: { user: `u${index % 7}`, room: `r${index % 5}` } }),
      );
      const writers = Array.from({ length: 8 }, (_, index) => {
        const from = index * 20;
        const mine = entries.slice(from, from + 160);
        return (index % 2 ? other : counters).add(index % 3 ? mine : mine.toReversed());
      });
      await Promise.all(writers);
      const expected = projects.map((_, project) => entries.filter((__, index) => index % 3 === project).reduce((sum, entry) => sum + entry.amountNanoUsd, 0n));
      expect(await Promise.all(projects.map((projectId) => day(projectId)))).toEqual(expected);
    });

    it('is exact beyond 2^53', async () => {
      const projectId = randomUUID();
      await counters.add([entryOf({ projectId, amountNanoUsd: 2n ** 53n + 1n }), entryOf({ projectId, amountNanoUsd: 2n ** 60n + 3n })]);
      await counters.add([entryOf({ projectId, amountNanoUsd: -2n })]);
      expect(await month(projectId)).toBe(2n ** 53n + 2n ** 60n + 2n);
    });

    it('splits days and months at midnight UTC', async () => {
      const projectId = randomUUID();
      const midnight = new Date(Date.UTC(NOW.getUTCFullYear(), NOW.getUTCMonth(), 1));
      const before = new Date(midnight.getTime() - 1);
      await counters.add([entryOf({ projectId, occurredAt: before, amountNanoUsd: 1n }), entryOf({ projectId, occurredAt: midnight, amountNanoUsd: 2n })]);
      expect(await Promise.all([month(projectId, PROJECT, before), month(projectId, PROJECT, midnight)])).toEqual([1n, 2n]);
    });

    it('has nothing for a window that is long past', async () => {
      const occurredAt = new Date('2020-02-29T12:00:00Z');
      const entry = entryOf({ occurredAt, amountNanoUsd: 8n });
      await counters.add([entry]);
      await counters.add([entry]);
      expect(await Promise.all([day(entry.projectId, PROJECT, occurredAt), month(entry.projectId, PROJECT, occurredAt)])).toEqual([0n, 0n]);
    });

    it('takes names of any length and any characters', async () => {
      const projectId = randomUUID();
      const names = ['x'.repeat(20_000), `${'x'.repeat(20_000)}y`, 'a:b c\n{}', '漢字 👩‍🚀', ''];
      await counters.add(names.map((participant, index) => entryOf({ projectId, amountNanoUsd: BigInt(index + 1), dimensions: { participant } })));
      expect(await Promise.all(names.map((value) => day(projectId, { dimension: 'participant', value })))).toEqual([1n, 2n, 3n, 4n, 5n]);
    });

    it('refuses what does not fit, before it counts anything', async () => {
      const projectId = randomUUID();
      const good = entryOf({ projectId });
      await expect(counters.add([good, entryOf({ projectId, amountNanoUsd: 2n ** 63n })])).rejects.toThrow(RangeError);
      await expect(counters.add([good, entryOf({ projectId, occurredAt: new Date(Number.NaN) })])).rejects.toThrow(RangeError);
      expect(await day(projectId)).toBe(0n);
    });

    it('counts any batches, in any overlap, as their distinct events', async () => {
      const amounts = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 15n });
      const picks = fc.array(fc.array(fc.nat({ max: 11 }), { maxLength: 15 }), { maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(fc.array(amounts, { minLength: 12, maxLength: 12 }), picks, async (values, batches) => {
          const projectId = randomUUID();
          const entries = values.map((amountNanoUsd, index) => entryOf({ projectId, amountNanoUsd, dimensions: { user: `u${index % 2}` } }));
          await Promise.all(batches.map((batch) => counters.add(batch.map((index) => entries[index]!))));
          const distinct = [...new Set(batches.flat())];
          const sum = (parity: number) => distinct.filter((index) => index % 2 === parity).reduce((total, index) => total + values[index]!, 0n);
          const user = (value: string) => day(projectId, { dimension: 'user', value });
          expect(await Promise.all([user('u0'), user('u1'), day(projectId)])).toEqual([sum(0), sum(1), sum(0) + sum(1)]);
        }),
        { numRuns: 25 },
      );
    });
  });

  describe('a store that is away', () => {
    let forwarder: Forwarder;
    let counters: SpendCounters;

    beforeAll(async () => {
      forwarder = await startForwarder(engineUrl());
      counters = create(forwarder.url, 500);
      await counters.connect();
    });

    afterAll(async () => {
      await counters.close();
      await forwarder.close();
    });

    it.each(['cut', 'mute'] as const)('%s: fails in time with a transient error, and counts once when it is back', async (state) => {
      const entry = entryOf({ amountNanoUsd: 6n });
      const question = { scope: PROJECT, window: { kind: 'day', at: NOW } } as const;
      await counters.add([entryOf()]);
      forwarder.become(state);
      const outcomes = await Promise.allSettled([counters.add([entry]), counters.read(entry.projectId, question), counters.check()]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { transient: true } });
        expect(outcome).toHaveProperty('reason', expect.any(CountersAwayError));
      }
      forwarder.become('cut');
      forwarder.become('open');
      await untilResolves(() => counters.add([entry]));
      await counters.add([entry]);
      expect(await counters.read(entry.projectId, question)).toBe(6n);
    }, 40_000);

    it('fails to connect in time when nobody listens', async () => {
      const nobody = await startForwarder(engineUrl());
      await nobody.close();
      const lonely = create(nobody.url, 500);
      await expect(lonely.connect()).rejects.toThrow(CountersAwayError);
      await lonely.close();
    });
  });
};

const untilResolves = async (work: () => Promise<void>): Promise<void> => {
  for (const deadline = Date.now() + 15_000; ; ) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
};
