import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthenticationError, BadRequestError, InternalServerError, NotFoundError, OpenAI, RateLimitError } from 'openai';
import { simulatorHeaders, type SimulatorControl } from '../control.js';
import { UNKNOWN_MODEL } from '../provider.js';
import { type ProviderSimulator, startProviderSimulator } from '../server.js';

const KEY = 'sk-simulator-spec';
const messages = [{ role: 'user' as const, content: 'How many characters are in this question?' }];
const question = { model: 'gpt-4.1', messages };

let simulator: ProviderSimulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startProviderSimulator({ apiKeys: { openai: KEY } });
  client = new OpenAI({ apiKey: KEY, baseURL: simulator.openAiBaseUrl, maxRetries: 0 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const told = (control: SimulatorControl) => ({ headers: simulatorHeaders(control) });

const collect = async <Item>(stream: AsyncIterable<Item>): Promise<Item[]> => {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
};

describe('chat completions', () => {
  it('answers under the requested model, with every detail of usage', async () => {
    const { data: completion, response, request_id } = await client.chat.completions.create(question).withResponse();
    expect(completion).toMatchObject({ object: 'chat.completion', model: 'gpt-4.1', service_tier: 'default' });
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant', content: expect.stringContaining('simulated') } });
    const completionTokens = Math.ceil(completion.choices[0]!.message.content!.length / 4);
    expect(completion.usage).toEqual({
      prompt_tokens: 11,
      completion_tokens: completionTokens,
      total_tokens: 11 + completionTokens,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
    });
    expect(response.headers.get('x-llm-proxy-simulator')).toBe('true');
    expect(response.headers.get('x-ratelimit-remaining-requests')).not.toBeNull();
    expect(request_id).toMatch(/^req_/);
  });

  it('streams without any usage field when the caller does not ask', async () => {
    const chunks = await collect(await client.chat.completions.create({ ...question, stream: true }));
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
    expect(chunks.every((chunk) => chunk.choices.length === 1 && chunk.id === chunks[0]!.id)).toBe(true);
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('stop');
  });

  it('ends with a usage chunk when the caller asks, and has null before it', async () => {
    const stream = await client.chat.completions.create({ ...question, stream: true, stream_options: { include_usage: true } });
    const chunks = await collect(stream);
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 11 } });
  });

  it('gives the same answer streamed through the SDK helper as in one piece', async () => {
    const whole = await client.chat.completions.create(question);
    const streamed = await client.chat.completions.stream({ ...question, stream_options: { include_usage: true } }).finalChatCompletion();
    expect(streamed.choices[0]!.message.content).toBe(whole.choices[0]!.message.content);
    expect(streamed.usage).toEqual(whole.usage);
  });

  it('reports dictated usage, model, tier and text', async () => {
    const usage = { prompt_tokens: 2000, completion_tokens: 30, prompt_tokens_details: { cached_tokens: 1500 }, completion_tokens_details: { reasoning_tokens: 12 } };
    const completion = await client.chat.completions.create(
      question,
      told({ usage, model: 'gpt-4.1-2025-04-14', serviceTier: 'flex', text: 'Grüße, 世界 🌍', finish: 'length' }),
    );
    expect(completion).toMatchObject({ model: 'gpt-4.1-2025-04-14', service_tier: 'flex' });
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'Grüße, 世界 🌍' } });
    expect(completion.usage).toMatchObject({ total_tokens: 2030, prompt_tokens_details: { cached_tokens: 1500, audio_tokens: 0 } });
    expect(completion.usage).toMatchObject({ completion_tokens_details: { reasoning_tokens: 12, accepted_prediction_tokens: 0 } });
  });

  it('leaves usage out, or reports exactly what is dictated', async () => {
    const without = await client.chat.completions.create(question, told({ usage: null }));
    expect(without).not.toHaveProperty('usage');
    const exact = await client.chat.completions.create(question, told({ usage: { prompt_tokens: 5, extra: { deep: 1 } }, exactUsage: true }));
    expect(exact.usage).toEqual({ prompt_tokens: 5, extra: { deep: 1 } });
  });

  it('streams in as many pieces as dictated', async () => {
    const chunks = await collect(await client.chat.completions.create({ ...question, stream: true }, told({ chunks: 150 })));
    expect(chunks.filter((chunk) => chunk.choices[0]!.delta.content)).toHaveLength(150);
  });
});

describe('responses', () => {
  const asked = { model: 'gpt-5.4', input: 'How many characters are in this question?', instructions: 'Be brief.', metadata: { team: 'blue' } };

  it('answers, repeating what the request set', async () => {
    const response = await client.responses.create(asked, told({ usage: { input_tokens_details: { cached_tokens: 4 } } }));
    expect(response).toMatchObject({ object: 'response', status: 'completed', model: 'gpt-5.4', instructions: 'Be brief.', metadata: { team: 'blue' } });
    expect(response.output_text).toContain('simulated');
    expect(response.usage).toMatchObject({ input_tokens: 13, input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 } });
    expect(response.usage).toMatchObject({ output_tokens_details: { reasoning_tokens: 0 } });
    expect(response.usage!.total_tokens).toBe(response.usage!.input_tokens + response.usage!.output_tokens);
  });

  it('streams the full sequence of events, numbered', async () => {
    const events = await collect(await client.responses.create({ ...asked, stream: true }, told({ text: 'one two', chunks: 2 })));
    expect(events.map((event) => event.type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map((event) => (event as { sequence_number: number }).sequence_number)).toEqual(events.map((_, index) => index));
  });

  it('gives the stream helper the text and the usage', async () => {
    const response = await client.responses.stream(asked).finalResponse();
    expect(response.output_text).toContain('simulated');
    expect(response.usage).toMatchObject({ input_tokens: 13 });
  });

  it('ends a stream that hits the limit with response.incomplete, usage included', async () => {
    const events = await collect(await client.responses.create({ ...asked, stream: true }, told({ finish: 'length' })));
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, usage: { input_tokens: 13 } },
    });
  });
});

describe('embeddings', () => {
  it.each(['float', 'base64', undefined] as const)('come as %s, one unit vector for each input', async (encoding_format) => {
    const { data, usage } = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'], encoding_format });
    expect(usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
    expect(data.map(({ index }) => index)).toEqual([0, 1]);
    const raw: unknown = data[1]!.embedding;
    const vector = typeof raw === 'string' ? new Float32Array(Uint8Array.from(Buffer.from(raw, 'base64')).buffer) : (raw as number[]);
    expect(vector).toHaveLength(1536);
    expect([...vector].reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 4);
  });

  it('have the asked dimensions, and count a tokenised input as one', async () => {
    const { data, usage } = await client.embeddings.create({ model: 'text-embedding-3-large', input: [1, 2, 3], dimensions: 8 });
    expect(data).toHaveLength(1);
    expect(data[0]!.embedding).toHaveLength(8);
    expect(usage.prompt_tokens).toBe(3);
  });
});

describe('models', () => {
  it('are listed and retrieved', async () => {
    const ids = (await collect(client.models.list())).map(({ id }) => id);
    expect(ids).toContain('gpt-4.1');
    expect(await client.models.retrieve('ft:gpt-4.1:acme')).toMatchObject({ id: 'ft:gpt-4.1:acme', object: 'model' });
    await expect(client.models.retrieve(UNKNOWN_MODEL)).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('errors', () => {
  it('refuses a wrong key without quoting it', async () => {
    const stranger = new OpenAI({ apiKey: 'sk-wrong', baseURL: simulator.openAiBaseUrl, maxRetries: 0 });
    const error = await stranger.chat.completions.create(question).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ code: 'invalid_api_key' });
    expect(String(error)).not.toContain('sk-wrong');
  });

  it('quotes the key it got when told so', async () => {
    await expect(client.chat.completions.create(question, told({ echoAuthorization: true }))).rejects.toThrow(KEY);
  });

  it('refuses an unknown model and a missing one', async () => {
    const unknown = client.chat.completions.create({ ...question, model: UNKNOWN_MODEL });
    await expect(unknown).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    const missing = client.chat.completions.create({ messages } as unknown as typeof question);
    await expect(missing).rejects.toBeInstanceOf(BadRequestError);
    await expect(missing).rejects.toMatchObject({ param: 'model' });
  });

  it('answers dictated errors in shape', async () => {
    const limited = client.chat.completions.create(question, told({ status: 429, retryAfterSeconds: 7 }));
    const error = (await limited.catch((caught: unknown) => caught)) as RateLimitError;
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.headers.get('retry-after')).toBe('7');
    await expect(client.responses.create({ model: 'gpt-5.4', input: 'x' }, told({ status: 500 }))).rejects.toBeInstanceOf(InternalServerError);
    const own = client.chat.completions.create(question, told({ status: 400, error: { error: { message: 'own words', code: 'own_code' } } }));
    await expect(own).rejects.toMatchObject({ status: 400, code: 'own_code' });
  });

  it('raises in the caller when a stream is cut, after the pieces that went out', async () => {
    const stream = await client.chat.completions.create({ ...question, stream: true }, told({ chunks: 10, cutAfterChunks: 3 }));
    let pieces = 0;
    const reading = (async () => {
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) pieces += 1;
    })();
    await expect(reading).rejects.toThrow();
    expect(pieces).toBe(3);
    expect(simulator.requests[0]!.outcome).toBe('cut');
  });

  it('raises in the caller when a whole answer is cut', async () => {
    await expect(client.chat.completions.create(question, told({ cutAfterChunks: 0 }))).rejects.toThrow();
  });

  it('raises in the caller on garbage', async () => {
    const quiet = client.withOptions({ logLevel: 'off' });
    await expect(quiet.chat.completions.create(question, told({ garbage: 'json' }))).rejects.toThrow();
    const stream = await quiet.chat.completions.create({ ...question, stream: true }, told({ garbage: 'sse' }));
    await expect(collect(stream)).rejects.toThrow();
  });
});
