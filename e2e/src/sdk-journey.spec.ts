import Anthropic from '@anthropic-ai/sdk';
import { type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import OpenAI from 'openai';
import { api, expectBill } from './bill.js';
import { type System, startSystem } from './system.js';
import { until } from './until.js';
import { waysToRun } from './ways-to-run.js';

const UPSTREAM_KEYS = { openai: 'sk-upstream-openai-0123456789', anthropic: 'sk-ant-upstream-0123456789' };

/** Each journey bills under an annotation of its own, so that the bill of the others does not matter. */
const tagged = (journey: string, control: Parameters<typeof simulatorHeaders>[0] = {}) => ({ headers: { ...simulatorHeaders(control), 'x-meshagent-annotation-journey': journey } });
const ofJourney = (journey: string) => ({ annotations: JSON.stringify({ journey }) });

describe.each(waysToRun)('the official SDKs, $name', ({ environment }) => {
  let simulator: ProviderSimulator;
  let system: System;
  let openai: OpenAI;
  let anthropic: Anthropic;
  let dispose: () => Promise<void>;

  beforeAll(async () => {
    simulator = await startProviderSimulator({ apiKeys: UPSTREAM_KEYS });
    const way = await environment();
    dispose = way.dispose;
    system = await startSystem({
      env: {
        ...way.env,
        OPENAI_API_KEY: UPSTREAM_KEYS.openai,
        OPENAI_BASE_URL: simulator.openAiBaseUrl,
        ANTHROPIC_API_KEY: UPSTREAM_KEYS.anthropic,
        ANTHROPIC_BASE_URL: simulator.anthropicBaseUrl,
      },
    });
    const client = await system.variables();
    openai = new OpenAI({ baseURL: client['OPENAI_BASE_URL']!, apiKey: client['OPENAI_API_KEY']!, maxRetries: 0 });
    anthropic = new Anthropic({ baseURL: client['ANTHROPIC_BASE_URL']!, apiKey: client['ANTHROPIC_API_KEY']!, maxRetries: 0 });
  });
  afterAll(async () => {
    await system?.dispose();
    await simulator?.close();
    await dispose?.();
  });

  it('chat completion', async () => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 500, prompt_tokens_details: { cached_tokens: 400, audio_tokens: 0 } };
    const answer = await openai.chat.completions.create({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'hello' }] }, tagged('chat', { usage }));
    expect(answer.choices[0]!.message.content).toContain('simulated');
    // 600 × 2 $ + 400 × 0.5 $ + 500 × 8 $ a million = 0.0054 $; 5 % of it = 0.00027 $
    await expectBill(system, ofJourney('chat'), ['gpt-4.1 input_tokens 600 1200000', 'gpt-4.1 cached_tokens 400 200000', 'gpt-4.1 output_tokens 500 4000000', 'gpt-4.1 llm_proxy_surcharge 1 270000']);
  });

  it('streamed chat completion: billed although the caller did not ask for usage, which stays hidden', async () => {
    const stream = await openai.chat.completions.create(
      { model: 'gpt-4.1', stream: true, messages: [{ role: 'user', content: 'hello' }] },
      tagged('chat-stream', { usage: { prompt_tokens: 10, completion_tokens: 2 } }),
    );
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toContain('simulated');
    expect(chunks.every((chunk) => chunk.choices.length > 0 && !chunk.usage)).toBe(true);
    await expectBill(system, ofJourney('chat-stream'), ['gpt-4.1 input_tokens 10 20000', 'gpt-4.1 output_tokens 2 16000', 'gpt-4.1 llm_proxy_surcharge 1 1800']);
  });

  it('streamed chat completion that asks for usage gets it', async () => {
    const stream = openai.chat.completions.stream(
      { model: 'gpt-4.1', stream_options: { include_usage: true }, messages: [{ role: 'user', content: 'hello' }] },
      tagged('chat-usage', { usage: { prompt_tokens: 10, completion_tokens: 2 } }),
    );
    expect((await stream.finalChatCompletion()).usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 2 });
    await expectBill(system, ofJourney('chat-usage'), ['gpt-4.1 input_tokens 10 20000', 'gpt-4.1 output_tokens 2 16000', 'gpt-4.1 llm_proxy_surcharge 1 1800']);
  });

  it('response, streamed and not', async () => {
    const usage = { input_tokens: 2_000, input_tokens_details: { cached_tokens: 1_500 }, output_tokens: 300, output_tokens_details: { reasoning_tokens: 128 } };
    const answer = await openai.responses.create({ model: 'gpt-5.4', input: 'hello' }, tagged('responses', { usage }));
    expect(answer.output_text).toContain('simulated');
    const streamed = await openai.responses.stream({ model: 'gpt-5.4', input: 'hello' }, tagged('responses', { usage })).finalResponse();
    expect(streamed.usage?.input_tokens).toBe(2_000);
    await expectBill(system, ofJourney('responses'), [
      'gpt-5.4 cached_tokens 3000 750000',
      'gpt-5.4 input_tokens 1000 2500000',
      'gpt-5.4 output_tokens 600 9000000',
      'gpt-5.4 llm_proxy_surcharge 2 612500',
    ]);
  });

  it('embeddings', async () => {
    const answer = await openai.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] }, tagged('embeddings', { usage: { prompt_tokens: 7 } }));
    expect(answer.data).toHaveLength(2);
    await expectBill(system, ofJourney('embeddings'), ['text-embedding-3-small input_tokens 7 140', 'text-embedding-3-small llm_proxy_surcharge 1 7']);
  });

  it('lists models, which costs nothing', async () => {
    const [first] = (await openai.models.list()).data;
    expect((await openai.models.retrieve(first!.id)).id).toBe(first!.id);
    expect((await anthropic.models.list()).data.length).toBeGreaterThan(0);
  });

  it('message, streamed and not, and its tokens counted', async () => {
    const usage = { input_tokens: 100, cache_creation_input_tokens: 1_000, cache_read_input_tokens: 900, output_tokens: 5 };
    const request = { model: 'claude-sonnet-4-6', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }] };
    const answer = await anthropic.messages.create(request, tagged('messages', { usage }));
    expect(answer.content[0]).toMatchObject({ type: 'text' });
    const streamed = await anthropic.messages.stream(request, tagged('messages', { usage })).finalMessage();
    expect(streamed.usage.output_tokens).toBe(5);
    expect((await anthropic.messages.countTokens({ model: request.model, messages: request.messages }, tagged('messages'))).input_tokens).toBeGreaterThan(0);
    await expectBill(system, ofJourney('messages'), [
      'claude-sonnet-4-6 input_tokens 200 600000',
      'claude-sonnet-4-6 cache_creation_input_tokens 2000 7500000',
      'claude-sonnet-4-6 cache_read_input_tokens 1800 540000',
      'claude-sonnet-4-6 output_tokens 10 150000',
      'claude-sonnet-4-6 llm_proxy_surcharge 2 439500',
    ]);
  });

  it('room-scoped URLs, and who is charged', async () => {
    const inRoom = new OpenAI({ baseURL: `${system.baseUrl}/rooms/${system.room}/openai/v1`, apiKey: system.apiKey, maxRetries: 0 });
    await inRoom.chat.completions.create({ model: 'gpt-4.1-nano', messages: [] }, tagged('room', { usage: { prompt_tokens: 10, completion_tokens: 0 } }));
    await expectBill(system, { room: system.room, model: 'gpt-4.1-nano' }, ['gpt-4.1-nano input_tokens 10 1000', 'gpt-4.1-nano llm_proxy_surcharge 1 50']);
  });

  it('provider errors pass through, and cost nothing', async () => {
    const chat = openai.chat.completions.create({ model: 'gpt-4.1-mini', messages: [] }, tagged('error', { status: 429 }));
    await expect(chat).rejects.toThrow(OpenAI.RateLimitError);
    const message = anthropic.messages.create({ model: 'claude-haiku-4-5', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] }, tagged('error', { status: 500 }));
    await expect(message).rejects.toThrow(Anthropic.InternalServerError);
    await openai.chat.completions.create({ model: 'gpt-4.1-mini', messages: [] }, tagged('error', { usage: { prompt_tokens: 1, completion_tokens: 0 } }));
    await expectBill(system, ofJourney('error'), ['gpt-4.1-mini input_tokens 1 400', 'gpt-4.1-mini llm_proxy_surcharge 1 20']);
  });

  it('a logger copies what it matches to a feed, once', async () => {
    const project = `/accounts/projects/${system.projectId}`;
    const { feed } = await api<{ feed: { id: string } }>(system, 'POST', `${project}/feeds`, { name: 'journey', description: '', visibility: 'private', paused: false, annotations: {} });
    await api(system, 'POST', `${project}/llm-loggers`, { destination_feed_id: feed.id, filter_expression: "annotations.journey == 'feed' && model == 'gpt-4.1'", paused: false, annotations: {} });
    const usage = { prompt_tokens: 1_000, completion_tokens: 500 };
    const ask = (journey: string) => openai.chat.completions.create({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'a secret question' }] }, tagged(journey, { usage })).withResponse();
    const [first, , last] = [await ask('feed'), await ask('not-in-the-feed'), await ask('feed')];
    const read = async () => (await api<{ messages: { id: string; message: Record<string, unknown> }[] }>(system, 'GET', `${project}/feeds/${feed.id}/messages?order=oldest`)).messages;
    await until(async () => (await read()).length >= 2);
    const messages = await read();
    expect(messages.map(({ id }) => id)).toEqual([first, last].map(({ response }) => response.headers.get('x-meshagent-request-id')));
    expect(messages[0]!.message).toMatchObject({ provider: 'openai', model: 'gpt-4.1', status: 200, cost: 0.0063, cost_nano_usd: '6300000', quantities: { input_tokens: 1_000, output_tokens: 500 }, annotations: { journey: 'feed' } });
    expect(JSON.stringify(messages)).not.toMatch(/secret question|simulated/);
  });

  it('a key that the provider quotes in the middle of a stream does not come back', async () => {
    const stream = await openai.chat.completions.create(
      { model: 'gpt-4.1', stream: true, messages: [{ role: 'user', content: 'hello' }] },
      tagged('quoting', { text: `bad key ${UPSTREAM_KEYS.openai}!`, chunks: 1, splitBytes: 3 }),
    );
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe(`bad key ${'***REDACTED***'.padEnd(UPSTREAM_KEYS.openai.length, '*')}!`);
  });

  it('the caller’s credential and the proxy’s own headers never go upstream', () => {
    expect(simulator.requests.length).toBeGreaterThan(0);
    for (const request of simulator.requests) {
      const text = JSON.stringify(request.headers) + request.url + request.body.toString();
      expect(text).not.toContain(system.apiKey);
      expect(text).not.toMatch(/meshagent/i);
    }
  });
});
