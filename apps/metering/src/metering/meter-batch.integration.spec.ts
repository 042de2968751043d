import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CountersAwayError, PostgresSpendCounters, RedisSpendCounters, type SpendCounters } from '@llm-proxy/budgets';
import { createLogger } from '@llm-proxy/platform-logging';
import { loadPriceBook, PriceBook } from '@llm-proxy/pricing';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import { PRICED_USAGE_TOPIC, type PricedUsage } from '@llm-proxy/usage-schema';
import { createPostgresStream, type UsageStream } from '@llm-proxy/usage-stream';
import { eventOf, messageOf, SAMPLE_TOTAL_NANO_USD } from '../sample-events.suite.js';
import { meterBatch, type MeteringParts } from './meter-batch.js';
import { RecentEvents } from './recent-events.js';

const logger = createLogger('metering', 'silent');

describeWith(['postgres'], 'meterBatch', () => {
  let postgres: TestDatabase;
  let stream: UsageStream;
  let counters: SpendCounters;
  const published: PricedUsage[] = [];

  beforeAll(async () => {
    postgres = await engines.postgresDatabase('metering_batch');
    counters = new PostgresSpendCounters({ databaseUrl: postgres.url });
    await counters.connect();
    stream = createPostgresStream({ databaseUrl: postgres.url, clientId: 'spec', logger });
    await stream.connect([PRICED_USAGE_TOPIC]);
    await stream.subscribe({
      topic: PRICED_USAGE_TOPIC,
      group: 'spec',
      handler: async (batch) => void published.push(...batch.map(({ value }) => JSON.parse(value.toString('utf8')) as PricedUsage)),
    });
  }, 30_000);

  afterAll(async () => {
    await stream.close();
    await counters.close();
    await postgres.drop();
  });

  const parts = (over: Partial<MeteringParts> = {}): MeteringParts => ({
    priceBook: loadPriceBook(),
    surchargeBasisPoints: 500,
    stream,
    counters,
    recent: new RecentEvents(),
    ...over,
  });

  const spent = (projectId: string) => counters.read(projectId, { scope: { dimension: 'project' }, window: { kind: 'day', at: new Date() } });

  /** Publishes a last event of the project, and waits for it: all that was published before it has arrived then. */
  const publishedOf = async (projectId: string): Promise<PricedUsage[]> => {
    const last = eventOf({ projectId, data: { usage: { input_tokens: 0 } } });
    await meterBatch([messageOf(last)], parts());
    for (const deadline = Date.now() + 15_000; Date.now() < deadline && !published.some(({ id }) => id === last.id); ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return published.filter(({ id, subject }) => subject === projectId && id !== last.id);
  };

  it('prices, publishes and counts', async () => {
    const projectId = randomUUID();
    const events = [eventOf({ projectId, attribution: { userId: 'ann', room: 'lab' } }), eventOf({ projectId, attribution: { userId: 'bob' } })];
    expect(await meterBatch(events.map((event) => messageOf(event)), parts())).toEqual([]);
    expect((await publishedOf(projectId)).map(({ id, data }) => [id, data.pricing.totalNanoUsd])).toEqual(events.map(({ id }) => [id, String(SAMPLE_TOTAL_NANO_USD)]));
    expect(await spent(projectId)).toBe(2n * SAMPLE_TOTAL_NANO_USD);
    expect(await counters.read(projectId, { scope: { dimension: 'user', value: 'ann' }, window: { kind: 'month', at: new Date() } })).toBe(SAMPLE_TOTAL_NANO_USD);
  });

  it('hands back what is no event and what has no price, and meters the rest', async () => {
    const projectId = randomUUID();
    const good = eventOf({ projectId });
    const poison = messageOf(eventOf({ projectId }), Buffer.from('{"not":"an event"}'));
    const unpriceable = messageOf(eventOf({ projectId, data: { requestModel: 'gpt-0', responseModel: null } }));
    expect(await meterBatch([poison, messageOf(good), unpriceable], parts())).toEqual([
      { message: poison, reason: expect.stringMatching(/^not a usage event/) },
      { message: unpriceable, reason: expect.stringMatching(/^unpriceable: .*gpt-0/) },
    ]);
    expect((await publishedOf(projectId)).map(({ id }) => id)).toEqual([good.id]);
    expect(await spent(projectId)).toBe(SAMPLE_TOTAL_NANO_USD);
  });

  it('meters an event that had no price as soon as there is one', async () => {
    const shipped = loadPriceBook();
    const oldest = shipped.table(shipped.versions[0]!)!;
    const model = [...shipped.newest.models('openai')].find((name) => !oldest.has('openai', name) && shipped.newest.unitPricePicoUsd('openai', name, 'output_tokens') !== undefined);
    const event = eventOf({ data: { requestModel: model!, responseModel: model! } });
    const mine = parts({ priceBook: PriceBook.of([oldest]) });
    expect(await meterBatch([messageOf(event)], mine)).toMatchObject([{ reason: expect.stringMatching(/^unpriceable: /) }]);
    expect(await spent(event.subject)).toBe(0n);
    expect(await meterBatch([messageOf(event)], { ...mine, priceBook: shipped })).toEqual([]);
    const [priced] = await publishedOf(event.subject);
    expect(await spent(event.subject)).toBe(BigInt(priced!.data.pricing.totalNanoUsd));
    expect(await spent(event.subject)).toBeGreaterThan(0n);
  });

  it('meters an event once: within a batch, and when the batch comes again', async () => {
    const event = eventOf();
    const mine = parts();
    await meterBatch([messageOf(event), messageOf(event)], mine);
    await meterBatch([messageOf(event)], mine);
    expect(await publishedOf(event.subject)).toHaveLength(1);
    expect(await spent(event.subject)).toBe(SAMPLE_TOTAL_NANO_USD);
  });

  it('counts an event once when another process meters it again', async () => {
    const event = eventOf();
    await meterBatch([messageOf(event)], parts());
    await meterBatch([messageOf(event)], parts());
    const copies = await publishedOf(event.subject);
    expect(copies).toHaveLength(2);
    expect(copies[0]).toEqual(copies[1]);
    expect(await spent(event.subject)).toBe(SAMPLE_TOTAL_NANO_USD);
  });

  it('publishes once while the counters are away, and counts when they are back', async () => {
    const event = eventOf();
    const mine = parts();
    const away = new RedisSpendCounters({ redisUrl: 'redis://127.0.0.1:1', timeoutMs: 200 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(meterBatch([messageOf(event)], { ...mine, counters: away })).rejects.toThrow(CountersAwayError);
    }
    await away.close();
    expect(await meterBatch([messageOf(event)], mine)).toEqual([]);
    expect(await publishedOf(event.subject)).toHaveLength(1);
    expect(await spent(event.subject)).toBe(SAMPLE_TOTAL_NANO_USD);
  });

  it('counts nothing that could not be published', async () => {
    const closed = createPostgresStream({ databaseUrl: postgres.url, clientId: 'spec', logger });
    await closed.close();
    const event = eventOf();
    await expect(meterBatch([messageOf(event)], parts({ stream: closed }))).rejects.toThrow();
    expect(await spent(event.subject)).toBe(0n);
  });
});
