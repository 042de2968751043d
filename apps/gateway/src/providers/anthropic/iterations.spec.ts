import { loadPriceBook } from '@llm-proxy/pricing';
import { usageEventOf } from '@llm-proxy/testing';
import type { UsageEvent } from '@llm-proxy/usage-schema';
import fc from 'fast-check';
import { costFields } from '../../relay/cost-fields.js';
import { createTap } from '../../relay/usage-tap.js';
import type { UsageReading } from '../provider.js';
import { MessageUsage } from './usage.js';

const rules = { priceBook: loadPriceBook(), surchargeBasisPoints: 0 };
const run = (type: string, input_tokens: number, output_tokens: number, model?: string) => ({ type, input_tokens, output_tokens, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, ...(model && { model }) });
const start = (model: string, usage: object) => ({ type: 'message_start', message: { model, usage } });
const end = (usage: object) => ({ type: 'message_delta', usage });

const readStream = (events: object[], cuts: number[] = []): UsageReading => {
  const bytes = Buffer.from([...events, { type: 'message_stop' }].map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
  const reader = new MessageUsage();
  const tap = createTap(reader, true, false);
  const at = [...new Set(cuts.map((one) => one % (bytes.length + 1)))].sort((a, b) => a - b);
  for (const [index, from] of [0, ...at].entries()) tap.push(bytes.subarray(from, at[index] ?? bytes.length));
  tap.end(true);
  return reader.reading();
};
const readBody = (model: string, usage: object): UsageReading => {
  const reader = new MessageUsage();
  reader.body(Buffer.from(JSON.stringify({ model, usage })));
  return reader.reading();
};
const costOf = ({ usage, model }: UsageReading): Record<string, string> => {
  const data: Partial<UsageEvent['data']> = { provider: 'anthropic', endpoint: '/v1/messages', requestModel: 'claude-fable-5', responseModel: model, responseServiceTier: null, usage };
  return costFields(usageEventOf({ time: '2026-11-22T10:00:00Z', data }), rules);
};
const cuts = fc.array(fc.nat(), { maxLength: 20 });

describe('runs of models inside one answer', () => {
  const COMPACTED = { input_tokens: 23_000, output_tokens: 1_000, iterations: [run('compaction', 180_000, 3_500), run('message', 23_000, 1_000)] };
  const ADVISED = { input_tokens: 1_760, output_tokens: 531, iterations: [run('message', 412, 89), run('advisor_message', 823, 1_612, 'claude-opus-5'), run('message', 1_348, 442)] };

  it.each([
    ['compaction', 'claude-opus-5', COMPACTED, '1.1275'],
    ['advice', 'claude-sonnet-5', ADVISED, '0.053245'],
  ])('%s: cost the same in a stream, under any chunking, as in one piece', (_, model, usage, cost) => {
    expect(costOf(readBody(model, usage))).toMatchObject({ 'x-meshagent-cost-usd': cost, 'x-meshagent-cost-basis': 'exact' });
    const first = start(model, { ...usage, output_tokens: 1, iterations: null, speed: 'standard' });
    const events = [first, end({ ...usage, output_tokens: 200, iterations: usage.iterations.slice(0, 1) }), end(usage)];
    fc.assert(fc.property(cuts, (at) => expect(costOf(readStream(events, at))).toEqual(costOf(readBody(model, usage)))));
  });

  it('are those of the last report, as a whole', () => {
    const [early, late] = [[run('message', 9, 9), run('compaction', 9, 9)], [run('message', 25, 42)]];
    const reports = [end({ output_tokens: 9, iterations: early }), end({ output_tokens: 42, iterations: late })];
    expect(readStream([start('m', { input_tokens: 25, output_tokens: 1, iterations: [] }), ...reports]).usage).toEqual({ input_tokens: 25, output_tokens: 42, iterations: late });
    for (const silent of [{ output_tokens: 43 }, { output_tokens: 43, iterations: null }]) expect(readStream([start('m', { input_tokens: 25 }), ...reports, end(silent)]).usage).toMatchObject({ output_tokens: 43, iterations: late });
  });
});

describe('a model that takes over from one that declined', () => {
  const declined = run('message', 535, 20, 'claude-fable-5');
  const served = run('fallback_message', 412, 264, 'claude-opus-4-8');
  const usage = { input_tokens: 412, output_tokens: 264, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, iterations: [declined, served] };
  const atStart = { input_tokens: 535, output_tokens: 1, cache_read_input_tokens: 900, cache_creation: { ephemeral_1h_input_tokens: 70 }, service_tier: 'standard', inference_geo: 'not_available', server_tool_use: { web_search_requests: 0 } };

  it('in the middle of a stream is charged by its own counts, and the other one by the list', () => {
    const events = [start('claude-fable-5', atStart), end(usage)];
    const { service_tier, inference_geo, server_tool_use } = atStart;
    fc.assert(
      fc.property(cuts, (at) => {
        expect(readStream(events, at)).toEqual({ usage: { ...usage, service_tier, inference_geo, server_tool_use }, model: 'claude-opus-4-8', serviceTier: 'standard', final: true });
      }),
    );
    expect(costOf(readStream(events))).toEqual(costOf(readBody('claude-opus-4-8', usage)));
    expect(costOf(readStream(events))).toMatchObject({ 'x-meshagent-cost-usd': '0.01501', 'x-meshagent-cost-basis': 'exact' });
  });

  it('before the stream began is the one that it names, and its counts are the largest', () => {
    const reading = readStream([start('claude-opus-4-8', { ...usage, output_tokens: 1, iterations: null }), end({ ...usage, output_tokens: 99 }), end({ ...usage, input_tokens: null })]);
    expect(reading).toMatchObject({ usage, model: 'claude-opus-4-8' });
  });

  it('is taken from the answer where that is not streamed', () => {
    expect(readBody('claude-opus-4-8', usage)).toMatchObject({ usage, model: 'claude-opus-4-8' });
  });

  it.each([[[]], [[null, 5, {}]], [[{ type: 'fallback_message' }]], ['fallback_message'], [{ type: 'fallback_message', model: 'x' }]])('is none in %j', (iterations) => {
    expect(readStream([start('claude-fable-5', atStart), end({ output_tokens: 7, iterations })])).toMatchObject({ usage: { input_tokens: 535, output_tokens: 7 }, model: 'claude-fable-5' });
  });
});
