import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import { type PricedUsage, reportDimensions, SURCHARGE_TYPE, usageReportQuerySchema, usageReportSchema } from '@llm-proxy/usage-schema';
import fc from 'fast-check';
import type { z } from 'zod';
import { type Database, migrateDatabase, openDatabase } from '../database/database.js';
import { recordBatch } from '../recording/record-batch.js';
import { eventArbitrary, eventOf, lineOf } from '../sample-events.suite.js';
import { toQuestion, totalsCanAnswer } from './report-question.js';
import { usageReport } from './usage-report.js';

type Query = Partial<z.input<typeof usageReportQuerySchema>>;

const questionOf = (query: Query) => toQuestion(usageReportQuerySchema.parse({ projectId: null, ...query }));

describeWith(['postgres'], 'usageReport', () => {
  let postgres: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    postgres = await engines.postgresDatabase('billing_report');
    await migrateDatabase(postgres.url);
    database = openDatabase({ databaseUrl: postgres.url, applicationName: 'spec', maxConnections: 4, statementTimeoutMs: 20_000 });
  });

  afterAll(async () => {
    await database.$disconnect();
    await postgres.drop();
  });

  const ask = async (query: Query) => usageReportSchema.parse(await usageReport(database, questionOf(query))).rows;

  const record = async (...events: PricedUsage[]): Promise<void> => {
    await recordBatch(database, events);
  };

  it('groups by provider, model and type when not told otherwise', async () => {
    const projectId = randomUUID();
    await record(eventOf({ projectId }), eventOf({ projectId }), eventOf({ projectId, provider: 'anthropic', model: 'claude-sonnet-4-6', lines: [lineOf('input_tokens', '0.5', 3n)] }));
    expect(await ask({ projectId })).toEqual([
      { projectId, time: null, provider: 'anthropic', model: 'claude-sonnet-4-6', type: 'input_tokens', quantity: '0.5', amountNanoUsd: '3' },
      { projectId, time: null, provider: 'openai', model: 'gpt-5.4', type: 'input_tokens', quantity: '2000', amountNanoUsd: '5000000' },
      { projectId, time: null, provider: 'openai', model: 'gpt-5.4', type: SURCHARGE_TYPE, quantity: '2', amountNanoUsd: '250000' },
    ]);
  });

  it('sums everything in one row when grouped by nothing, and has no row without usage', async () => {
    const projectId = randomUUID();
    await record(eventOf({ projectId }));
    expect(await ask({ projectId, groupBy: [] })).toEqual([{ projectId, time: null, quantity: '1001', amountNanoUsd: '2625000' }]);
    expect(await ask({ projectId: randomUUID(), groupBy: [] })).toEqual([]);
  });

  it.each([
    ['hour', ['2026-10-31T22:00:00Z', '2026-10-31T23:00:00Z', '2026-11-01T00:00:00Z']],
    ['day', ['2026-10-31T00:00:00Z', '2026-11-01T00:00:00Z']],
    ['week', ['2026-10-26T00:00:00Z']],
    ['month', ['2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z']],
  ] as const)('splits by UTC %s', async (interval, times) => {
    const projectId = randomUUID();
    await record(...['2026-10-31T22:59:59.999Z', '2026-11-01T00:59:59+01:00', '2026-11-01T00:00:00Z'].map((time) => eventOf({ projectId, time })));
    expect((await ask({ projectId, interval, groupBy: [] })).map((row) => row.time)).toEqual([...times]);
  });

  it('takes the start in and leaves the end out', async () => {
    const projectId = randomUUID();
    await record(...['2026-11-02T00:00:00Z', '2026-11-02T23:59:59.999Z', '2026-11-03T00:00:00Z'].map((time) => eventOf({ projectId, time })));
    const count = async (start: string, end: string) => Number((await ask({ projectId, start, end, groupBy: [], filters: { type: SURCHARGE_TYPE } }))[0]?.quantity ?? 0);
    expect(await count('2026-11-02T00:00:00Z', '2026-11-03T00:00:00Z')).toBe(2);
    expect(await count('2026-11-02T02:00:00+02:00', '2026-11-03T02:00:00+02:00')).toBe(2);
    expect(await count('2026-11-02T00:00:00.001Z', '2026-11-03T00:00:00.001Z')).toBe(2);
    expect(await count('2026-11-02T00:00:00.001Z', '2026-11-02T23:59:59.999Z')).toBe(0);
  });

  it('matches a subject as user, participant or service account', async () => {
    const projectId = randomUUID();
    await record(
      eventOf({ projectId, attribution: { userId: 'ann' } }),
      eventOf({ projectId, attribution: { participant: 'ann', userId: 'bob' } }),
      eventOf({ projectId, attribution: { serviceAccountId: 'ann' } }),
      eventOf({ projectId, attribution: { room: 'ann', userId: 'carl' } }),
    );
    const surcharges = async (subjects: string[]) => (await ask({ projectId, groupBy: [], filters: { subjects, type: SURCHARGE_TYPE } }))[0]?.quantity;
    expect(await surcharges(['ann'])).toBe('3');
    expect(await surcharges(['bob', 'carl'])).toBe('2');
    expect(await surcharges([])).toBeUndefined();
  });

  it('filters and groups by annotations', async () => {
    const projectId = randomUUID();
    await record(...[{ task: 'a', step: '1' }, { task: 'a' }, { task: 'b' }, {}].map((annotations) => eventOf({ projectId, attribution: { annotations: annotations as Record<string, string> } })));
    expect(await ask({ projectId, groupBy: ['annotations'], filters: { type: SURCHARGE_TYPE, annotations: { task: 'a' } } })).toMatchObject([
      { annotations: { task: 'a' }, quantity: '1' },
      { annotations: { task: 'a', step: '1' }, quantity: '1' },
    ]);
    expect(await ask({ projectId, groupBy: ['annotations'], filters: { type: SURCHARGE_TYPE, annotations: { task: 'c' } } })).toEqual([]);
    expect(await ask({ projectId, groupBy: ['annotations'], filters: { type: SURCHARGE_TYPE } })).toHaveLength(4);
  });

  it('answers for all projects when none is named', async () => {
    const [one, two] = [eventOf(), eventOf()];
    await record(one, two);
    const projects = (await ask({ groupBy: [] })).map((row) => row.projectId);
    expect(projects).toEqual(expect.arrayContaining([one.data.attribution.projectId, two.data.attribution.projectId]));
  });

  describe('from totals and from lines', () => {
    const seldom = <Value>(value: fc.Arbitrary<Value>) => fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
    const dayAligned = fc.option(fc.integer({ min: 0, max: 9 }).map((day) => new Date(Date.UTC(2026, 9, 29 + day)).toISOString()), { nil: undefined });
    const queries: fc.Arbitrary<Query> = fc.record({
      start: dayAligned,
      end: dayAligned,
      interval: fc.constantFrom(undefined, 'day' as const, 'week' as const, 'month' as const),
      groupBy: fc.subarray(reportDimensions.filter((dimension) => dimension !== 'annotations')),
      filters: fc.record({
        subjects: seldom(fc.subarray(['ann', 'bob', '', "o'hara", '"', '\\'], { minLength: 1 })),
        apiKeyIds: seldom(fc.subarray(['0b7a1c9e-0000-4000-8000-000000000001', '0b7a1c9e-0000-4000-8000-000000000002'], { minLength: 1 })),
        room: seldom(fc.constantFrom('lab', 'sales', 'none')),
        provider: seldom(fc.constantFrom('openai', 'anthropic')),
        model: seldom(fc.constantFrom('gpt-5.4', 'claude-sonnet-4-6')),
        type: seldom(fc.constantFrom('input_tokens', SURCHARGE_TYPE)),
        client: seldom(fc.constantFrom('curl/8', 'x'.repeat(128), 'x'.repeat(256))),
      }),
    });

    it('gives the same rows for the same question', async () => {
      const projectId = randomUUID();
      const sampled = fc.sample(eventArbitrary(projectId), 400).map((event) => ({ ...event, id: randomUUID() }));
      await recordBatch(database, sampled);
      let rows = 0;
      await fc.assert(
        fc.asyncProperty(queries, async (query) => {
          const question = questionOf({ projectId, ...query });
          expect(totalsCanAnswer(question)).toBe(true);
          const [fromTotals, fromLines] = await Promise.all([usageReport(database, question, 'totals'), usageReport(database, question, 'lines')]);
          expect(fromTotals).toEqual(fromLines);
          rows += fromTotals.rows.length;
        }),
        { numRuns: 150 },
      );
      expect(rows).toBeGreaterThan(100);
    });

    it.each<[string, Query]>([
      ['an instant inside a day', { start: '2026-11-01T00:00:00.001Z' }],
      ['a day of another time zone', { end: '2026-11-01T00:00:00+01:00' }],
      ['hours', { interval: 'hour' }],
      ['grouping by annotations', { groupBy: ['annotations'] }],
      ['filtering by annotations', { filters: { annotations: { task: 'a' } } }],
    ])('leaves %s to the lines', (_, query) => {
      expect(totalsCanAnswer(questionOf(query))).toBe(false);
    });
  });
});
