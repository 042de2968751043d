import { loadPriceBook, priceUsageAt } from '@llm-proxy/pricing';
import { attributionTo } from '@llm-proxy/testing';
import type { UsageEvent } from '@llm-proxy/usage-schema';
import { usageEventSchema } from '@llm-proxy/usage-schema';
import fc from 'fast-check';
import { batchRules } from '../providers/anthropic/batches.js';
import { ResultReader, resultEventId } from './batch-results.js';
import type { Batch } from './batch-store.js';

const batch: Batch = {
  provider: 'anthropic',
  id: 'msgbatch_1',
  projectId: '0198a1de-5f2c-7a3b-8c4d-1e2f3a4b5c6d',
  providerKey: 'managed',
  models: ['claude-sonnet-4-6'],
  attribution: attributionTo('0198a1de-5f2c-7a3b-8c4d-1e2f3a4b5c6d', { annotations: { job: 'nightly' } }),
  createdAt: new Date('2026-11-20T00:00:00Z'),
  isSettled: false,
};

const line = (custom_id: string, tokens: number) =>
  JSON.stringify({ custom_id, result: { type: 'succeeded', message: { model: 'claude-sonnet-4-6', content: [{ text: '漢字\n"usage"' }], usage: { input_tokens: tokens, service_tier: 'batch' } } } });
const LINES = [line('a', 1), '{"custom_id":"b","result":{"type":"errored","error":{"type":"error"}}}', line('c', 3), '{"custom_id":"d","result":{"type":"expired"}}', 'not json', line('é', 5)];

const read = (bytes: Buffer, cuts: number[]): UsageEvent[] => {
  const events: UsageEvent[] = [];
  const reader = new ResultReader(batchRules, batch, (event) => events.push(event), () => 0);
  const at = [...new Set(cuts.map((one) => one % (bytes.length + 1)))].sort((a, b) => a - b);
  for (const [index, start] of [0, ...at].entries()) reader.push(bytes.subarray(start, at[index] ?? bytes.length));
  reader.end();
  expect(reader.isComplete).toBe(true);
  return events;
};

describe('results of a batch', () => {
  it('that succeeded are one event each, under any chunking, with or without a last line break', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), fc.constantFrom('', '\n'), (cuts, end) => {
        const events = read(Buffer.from(LINES.join('\n') + end), cuts);
        expect(events.map(({ id, data }) => [id, data.usage?.['input_tokens']])).toEqual([
          [resultEventId(batch, 'a'), 1],
          [resultEventId(batch, 'c'), 3],
          [resultEventId(batch, 'é'), 5],
        ]);
      }),
    );
  });

  it('are valid usage events, charged to whoever made the batch', () => {
    const [event] = read(Buffer.from(LINES.join('\n')), []);
    expect(usageEventSchema.parse(event)).toMatchObject({
      subject: batch.projectId,
      data: { endpoint: '/v1/messages/batches', responseServiceTier: 'batch', measurement: 'exact', attribution: { annotations: { job: 'nightly' } } },
    });
  });

  it('keep what they say about their price', () => {
    const usage = { input_tokens: 1, output_tokens: 2, service_tier: 'batch', inference_geo: 'us', speed: 'standard' };
    const result = JSON.stringify({ custom_id: 'a', result: { type: 'succeeded', message: { model: 'claude-sonnet-4-6', usage } } });
    expect(read(Buffer.from(result), []).map(({ data }) => data.usage)).toEqual([usage]);
  });

  it('keep the runs that they took, of other models too', () => {
    const iterations = [{ type: 'message', input_tokens: 1, output_tokens: 2 }, { type: 'advisor_message', model: 'claude-opus-5', input_tokens: 3, output_tokens: 4 }];
    const result = JSON.stringify({ custom_id: 'a', result: { type: 'succeeded', message: { model: 'claude-sonnet-4-6', usage: { input_tokens: 1, output_tokens: 2, iterations } } } });
    const [event] = read(Buffer.from(result), []);
    const bill = priceUsageAt(new Date('2026-11-22T10:00:00Z'), event!.data, { priceBook: loadPriceBook(), surchargeBasisPoints: 0 });
    // Half of 3 $ and 15 $ a million, and half of 5 $ and 25 $.
    expect(bill).toMatchObject({ pricing: { model: 'claude-sonnet-4-6', totalNanoUsd: String(1_500 + 2 * 7_500 + 3 * 2_500 + 4 * 12_500), unpricedTypes: [] } });
  });

  it('have the same id whenever they are seen, and another in every other batch', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (id, one, other) => {
        expect(resultEventId({ provider: 'p', id }, one)).toBe(resultEventId({ provider: 'p', id }, one));
        if (one !== other) expect(resultEventId({ provider: 'p', id }, one)).not.toBe(resultEventId({ provider: 'p', id }, other));
        if (one !== id) expect(resultEventId({ provider: 'p', id }, one)).not.toBe(resultEventId({ provider: 'p', id: one }, id));
      }),
    );
  });
});

describe('answers about batches', () => {
  it('lead back to the proxy, and are otherwise as they were', () => {
    const answer = (url: string) => `{"id":"msgbatch_1", "results_url": ${url},"n":1.0}`;
    for (const host of ['https://api.anthropic.com', 'https://gateway.example/some/path', '']) {
      expect(batchRules.showAtProxy(Buffer.from(answer(`"${host}/v1/messages/batches/msgbatch_1/results"`))).toString()).toBe(answer('"/v1/messages/batches/msgbatch_1/results"'));
    }
    expect(batchRules.showAtProxy(Buffer.from(answer('null'))).toString()).toBe(answer('null'));
  });

  it('show the project’s own batches only', () => {
    const list = Buffer.from('{"has_more":false,"data":[ {"id":"a","x":1.0}, {"id":"b"},{"id":"c"} ],"first_id":"a"}');
    expect(batchRules.idsInList(list)).toEqual(['a', 'b', 'c']);
    expect(batchRules.keepInList(list, (id) => id !== 'b').toString()).toBe('{"has_more":false,"data":[{"id":"a","x":1.0},{"id":"c"}],"first_id":"a"}');
    expect(batchRules.keepInList(list, () => false).toString()).toBe('{"has_more":false,"data":[],"first_id":"a"}');
  });
});
