import fc from 'fast-check';
import { providers } from '../providers/index.js';
import type { UsageReading } from '../providers/index.js';
import type { Call } from './call.js';
import { completeReading, textMembers } from './estimate.js';
import { MemberScan } from '../wire/member-scan.js';
import { createTap } from './usage-tap.js';

const endpointOf = (provider: string, path: string) => providers.find(({ name }) => name === provider)!.endpoints.find((endpoint) => endpoint.path === path)!;
const callOf = (provider: string, path: string, body: unknown) => ({ endpoint: endpointOf(provider, path), facts: { body: Buffer.from(JSON.stringify(body)) } }) as unknown as Call;

const CHAT = callOf('openai', '/v1/chat/completions', {
  model: 'gpt-4.1-with-a-long-name',
  messages: [{ role: 'user', content: [{ type: 'text', text: '漢字漢字' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(9_999)}` } }] }],
});
const reading = (changes: Partial<UsageReading>): UsageReading => ({ usage: null, model: 'm', serviceTier: null, final: false, ...changes });

describe('what a broken call is taken to have cost', () => {
  it('counts the text that was asked, by its bytes, and neither names nor encoded files', () => {
    expect(completeReading(CHAT, 'upstream_interrupted', null, 9)).toEqual({ usage: { input_tokens: 3, output_tokens: 3 }, model: null, serviceTier: null, final: false, estimated: true });
  });

  it('leaves a last word alone, and a whole answer without usage to be looked at', () => {
    const final = reading({ usage: { input_tokens: 1 }, final: true });
    expect(completeReading(CHAT, 'client_disconnected', final, 1_000)).toBe(final);
    expect(completeReading(CHAT, 'completed', null, 1_000)).toBeNull();
  });

  it('takes the larger output when the report came before the text', () => {
    const call = callOf('anthropic', '/v1/messages', { messages: [] });
    const early = reading({ usage: { input_tokens: 25, output_tokens: 1, cache_read_input_tokens: 7 } });
    expect(completeReading(call, 'upstream_interrupted', early, 40)).toMatchObject({ usage: { input_tokens: 25, output_tokens: 10, cache_read_input_tokens: 7 }, estimated: true });
    expect(completeReading(call, 'upstream_interrupted', early, 3)).toBe(early);
    const iterations = [{ type: 'compaction', input_tokens: 9, output_tokens: 9 }];
    expect(completeReading(call, 'upstream_interrupted', { ...early, usage: { ...early.usage, iterations } }, 40)).toMatchObject({ usage: { output_tokens: 10, iterations } });
  });

  it.each(['anthropic', 'grok'])('says at which price %s was asked, where no report repeats it', (provider) => {
    const call = callOf(provider, '/v1/messages', { speed: 'fast', inference_geo: 'us', metadata: { speed: 'slow' }, messages: [{ role: 'user', content: '12345678' }] });
    expect(completeReading(call, 'upstream_interrupted', null, 40)?.usage).toEqual({ speed: 'fast', inference_geo: 'us', input_tokens: 2, output_tokens: 10 });
    const reported = reading({ usage: { input_tokens: 25, output_tokens: 1, speed: 'standard' } });
    expect(completeReading(call, 'upstream_interrupted', reported, 40)?.usage).toEqual({ input_tokens: 25, output_tokens: 10, speed: 'standard' });
  });

  it('cannot be told of images and recordings', () => {
    expect(completeReading(callOf('openai', '/v1/images/', {}), 'upstream_interrupted', null, 0)).toBeNull();
    expect(completeReading(callOf('openai', '/v1/audio/transcriptions', {}), 'upstream_interrupted', null, 0)).toBeNull();
  });
});

const RESPONSE_BODY = {
  instructions: 'x'.repeat(99),
  text: { format: { type: 'text' } },
  reasoning: { summary: 'detailed' },
  output: [
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'why' }], encrypted_content: 'x'.repeat(999) },
    { type: 'function_call', name: 'f', arguments: '{}' },
    { type: 'message', content: [{ type: 'output_text', text: 'because' }] },
  ],
};

describe('what of an answer counts, its reasoning included', () => {
  const countedOf = (provider: string, path: string, pieces: object[], isStream: boolean): number => {
    const { estimate, usageReader } = endpointOf(provider, path);
    const counter = new MemberScan(textMembers(estimate!, isStream));
    const tap = createTap(usageReader!(), isStream, false, counter);
    for (const piece of pieces) tap.push(Buffer.from(isStream ? `data: ${JSON.stringify(piece)}\n\n` : JSON.stringify(piece)));
    tap.end(false);
    return counter.textBytes;
  };
  const chunk = (delta: object) => ({ choices: [{ delta }] });
  const block = (delta: object) => ({ type: 'content_block_delta', delta });
  const item = (type: string, more: object) => ({ type: 'response.output_item.done', item: { type, ...more } });

  const STREAMED: [string, string, string, object, number][] = [
    ['openai', '/v1/chat/completions', 'reasoning of those who show it', chunk({ reasoning_content: 'why' }), 3],
    ['openai', '/v1/chat/completions', 'padding', { ...chunk({ content: 'a' }), obfuscation: 'xxxx' }, 1],
    ['openai', '/v1/responses', 'a summary of reasoning', { type: 'response.reasoning_summary_text.delta', delta: 'why' }, 3],
    ['openai', '/v1/responses', 'reasoning of models that show it', { type: 'response.reasoning_text.delta', delta: 'why' }, 3],
    ['openai', '/v1/responses', 'the same summary once more', { type: 'response.reasoning_summary_text.done', text: 'why' }, 0],
    ['openai', '/v1/responses', 'encrypted reasoning', item('reasoning', { summary: [{ type: 'summary_text', text: 'why' }], encrypted_content: 'x'.repeat(999) }), 0],
    ['openai', '/v1/responses', 'padding', { type: 'response.output_text.delta', delta: 'a', obfuscation: 'xxxx' }, 1],
    ['anthropic', '/v1/messages', 'thinking', block({ type: 'thinking_delta', thinking: 'why' }), 3],
    ['anthropic', '/v1/messages', 'the signature of thinking', block({ type: 'signature_delta', signature: 'x'.repeat(999) }), 0],
    ['anthropic', '/v1/messages', 'redacted thinking', { type: 'content_block_start', content_block: { type: 'redacted_thinking', data: 'x'.repeat(999) } }, 0],
  ];
  it.each(STREAMED)('%s %s: %s', (provider, path, _what, event, bytes) => {
    expect(countedOf(provider, path, [event], true)).toBe(bytes);
  });

  it.each([
    ['openai', '/v1/responses', RESPONSE_BODY, 'why{}because'],
    ['openai', '/v1/chat/completions', { choices: [{ message: { content: 'because', reasoning_content: 'why' } }] }, 'whybecause'],
    ['anthropic', '/v1/messages', { content: [{ type: 'thinking', thinking: 'why', signature: 'xxxx' }, { type: 'redacted_thinking', data: 'xxxx' }, { type: 'text', text: 'because' }] }, 'whybecause'],
  ])('%s %s: a body that is not streamed', (provider, path, body, text) => {
    expect(countedOf(provider, path, [body], false)).toBe(text.length);
  });
});

describe('counting text from the bytes', () => {
  it('finds every string under the name, however deep, and as written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('text', 'other', 'text"'), fc.string({ unit: 'binary' })), { maxLength: 8 }), fc.constantFrom(0, 2), (members, indent) => {
        const json = JSON.stringify({ deep: members.map(([name, value]) => ({ [name]: value, n: { text: 5 } })) }, null, indent);
        const counter = new MemberScan(['text']);
        counter.look(Buffer.from(json));
        const expected = members.filter(([name]) => name === 'text').reduce((sum, [, value]) => sum + Buffer.byteLength(JSON.stringify(value)) - 2, 0);
        expect(counter.textBytes).toBe(expected);
      }),
    );
  });

  it('counts what there is of a string that was cut', () => {
    const counter = new MemberScan(['text']);
    counter.look(Buffer.from('{"text":"abc'));
    expect(counter.textBytes).toBe(3);
  });
});
