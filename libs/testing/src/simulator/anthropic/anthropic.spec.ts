import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Anthropic, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, RateLimitError } from '@anthropic-ai/sdk';
import { simulatorHeaders, type SimulatorControl } from '../control.js';
import { UNKNOWN_MODEL } from '../provider.js';
import { type ProviderSimulator, startProviderSimulator } from '../server.js';

const KEY = 'sk-ant-simulator-spec';
const messages = [{ role: 'user' as const, content: 'How many characters are in this question?' }];
const question = { model: 'claude-sonnet-4-6', max_tokens: 100, messages };

let simulator: ProviderSimulator;
let client: Anthropic;

beforeAll(async () => {
  simulator = await startProviderSimulator({ apiKeys: { anthropic: KEY } });
  client = new Anthropic({ apiKey: KEY, baseURL: simulator.anthropicBaseUrl, maxRetries: 0 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const told = (control: SimulatorControl) => ({ headers: simulatorHeaders(control) });

const collect = async <Item>(stream: AsyncIterable<Item>): Promise<Item[]> => {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
};

describe('messages', () => {
  it('answers under the requested model, with every detail of usage', async () => {
    const { data: message, response, request_id } = await client.messages.create(question).withResponse();
    expect(message).toMatchObject({ type: 'message', role: 'assistant', model: 'claude-sonnet-4-6', stop_reason: 'end_turn' });
    expect(message.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('simulated') });
    expect(message.usage).toMatchObject({
      input_tokens: 11,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      service_tier: 'standard',
    });
    expect(message.usage.output_tokens).toBeGreaterThan(1);
    expect(request_id).toMatch(/^req_/);
    expect(response.headers.get('x-llm-proxy-simulator')).toBe('true');
    expect(response.headers.get('anthropic-ratelimit-tokens-remaining')).not.toBeNull();
  });

  it('streams the full sequence of events, with cumulative usage', async () => {
    const usage = { input_tokens: 25, cache_read_input_tokens: 100, cache_creation_input_tokens: 7, output_tokens: 42 };
    const events = await collect(await client.messages.create({ ...question, stream: true }, told({ text: 'one two', usage })));
    expect(events.map((event) => event.type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[0]).toMatchObject({ message: { content: [], usage: { ...usage, output_tokens: 1, cache_creation: { ephemeral_5m_input_tokens: 7 } } } });
    expect(events[5]).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage });
  });

  it('reports the runs of models that it is told to, in a stream at its end', async () => {
    const runs = [{ type: 'compaction' as const, input_tokens: 9, output_tokens: 9 }];
    const dictated = told({ usage: { input_tokens: 0, output_tokens: 0, iterations: runs } });
    expect((await client.beta.messages.create(question, dictated)).usage).toMatchObject({ input_tokens: 0, iterations: runs });
    const events = await collect(await client.beta.messages.create({ ...question, stream: true }, dictated));
    expect(events[0]).toMatchObject({ message: { usage: { iterations: null } } });
    expect(events.find(({ type }) => type === 'message_delta')).toMatchObject({ usage: { iterations: runs } });
    expect((await client.beta.messages.stream(question, dictated).finalMessage()).usage.iterations).toEqual(runs);
  });

  it('sends a ping, which the SDK keeps to itself', async () => {
    const response = await client.messages.create({ ...question, stream: true }).asResponse();
    expect(await response.text()).toContain('event: ping\ndata: {"type":"ping"}\n\n');
  });

  it('gives the same answer through the stream helper as in one piece', async () => {
    const whole = await client.messages.create(question);
    const streamed = await client.messages.stream(question).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.usage).toMatchObject({ input_tokens: 11, output_tokens: whole.usage.output_tokens });
  });

  it('reports dictated model, text and finish, and no usage when told so', async () => {
    const message = await client.messages.create(question, told({ model: 'claude-sonnet-4-6-20260101', text: 'Grüße 🌍', finish: 'length', usage: null }));
    expect(message).toMatchObject({ model: 'claude-sonnet-4-6-20260101', stop_reason: 'max_tokens', content: [{ text: 'Grüße 🌍' }] });
    expect(message).not.toHaveProperty('usage');
  });
});

describe('count_tokens and models', () => {
  it('counts what the message would report as input', async () => {
    const { input_tokens } = await client.messages.countTokens({ model: question.model, messages });
    expect(input_tokens).toBe((await client.messages.create(question)).usage.input_tokens);
  });

  it('lists and retrieves models', async () => {
    const ids = (await collect(client.models.list())).map(({ id }) => id);
    expect(ids).toContain('claude-sonnet-4-6');
    expect(await client.models.retrieve('claude-other')).toMatchObject({ id: 'claude-other', type: 'model' });
    await expect(client.models.retrieve(UNKNOWN_MODEL)).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('errors', () => {
  it('refuses a wrong key, takes the right one as bearer token too', async () => {
    const stranger = new Anthropic({ apiKey: 'sk-wrong', baseURL: simulator.anthropicBaseUrl, maxRetries: 0 });
    await expect(stranger.messages.create(question)).rejects.toBeInstanceOf(AuthenticationError);
    const bearer = new Anthropic({ apiKey: null, authToken: KEY, baseURL: simulator.anthropicBaseUrl, maxRetries: 0 });
    expect(await bearer.messages.create(question)).toMatchObject({ type: 'message' });
  });

  it('quotes the key it got when told so', async () => {
    await expect(client.messages.create(question, told({ echoAuthorization: true }))).rejects.toThrow(KEY);
  });

  it('refuses an unknown model, a missing one and a call without a version', async () => {
    await expect(client.messages.create({ ...question, model: UNKNOWN_MODEL })).rejects.toMatchObject({ status: 404, type: 'not_found_error' });
    await expect(client.messages.create({ max_tokens: 1, messages } as unknown as typeof question)).rejects.toBeInstanceOf(BadRequestError);
    const unversioned = await fetch(`${simulator.url}/v1/messages`, { method: 'POST', headers: { 'x-api-key': KEY }, body: JSON.stringify(question) });
    expect(unversioned.status).toBe(400);
    expect(await unversioned.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' }, request_id: unversioned.headers.get('request-id') });
  });

  it('answers dictated errors in shape', async () => {
    const limited = (await client.messages.create(question, told({ status: 429 })).catch((caught: unknown) => caught)) as RateLimitError;
    expect(limited).toBeInstanceOf(RateLimitError);
    expect(limited).toMatchObject({ type: 'rate_limit_error' });
    expect(limited.headers.get('retry-after')).toBe('1');
    await expect(client.messages.create(question, told({ status: 500 }))).rejects.toBeInstanceOf(InternalServerError);
    await expect(client.messages.create(question, told({ status: 529 }))).rejects.toMatchObject({ status: 529, type: 'overloaded_error' });
  });

  it('raises in the caller when a stream is cut', async () => {
    const stream = client.messages.stream(question, told({ chunks: 10, cutAfterChunks: 4 }));
    const texts: string[] = [];
    stream.on('text', (text) => texts.push(text));
    await expect(stream.finalMessage()).rejects.toThrow();
    expect(texts).toHaveLength(4);
    expect(simulator.requests[0]!.outcome).toBe('cut');
  });
});
