import { request } from 'node:http';
import OpenAI from 'openai';
import { type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import { versionFor } from './anthropic-version.js';
import { api } from './bill.js';
import { type System, startSystem } from './system.js';
import { until } from './until.js';

type Fields = Record<string, string | string[] | undefined>;
interface Answer {
  id: string;
  headers: Fields;
  trailers: Fields;
  text: string;
}

interface BilledCall {
  price_version: string;
  price_nano_usd: string;
  provider_key: string;
  measurement: string;
  lines: { price_nano_usd: string }[];
}

const NANO_PLACES = 9;
const ASK = { 'x-meshagent-cost': 'include' };
const OPENAI_USAGE = { prompt_tokens: 1_003, prompt_tokens_details: { cached_tokens: 500 }, completion_tokens: 101 };
const ANTHROPIC_USAGE = { input_tokens: 1_003, cache_read_input_tokens: 77, output_tokens: 101 };

/** Exact decimal US$ as whole nano-dollars. */
const toNano = (usd: string): string => {
  const [whole, places = ''] = usd.split('.');
  return BigInt(whole + places.padEnd(NANO_PLACES, '0')).toString();
};

describe('what a call cost, told with its answer', () => {
  let managed: ProviderSimulator;
  let own: ProviderSimulator;
  let system: System;

  beforeAll(async () => {
    managed = await startProviderSimulator();
    own = await startProviderSimulator({ apiKeys: { openai: 'sk-own-secret-key' } });
    system = await startSystem({
      env: {
        ALLOW_PRIVATE_UPSTREAMS: '127.0.0.1',
        SURCHARGE_BASIS_POINTS: '735',
        OPENAI_API_KEY: 'sk',
        OPENAI_BASE_URL: managed.openAiBaseUrl,
        ANTHROPIC_API_KEY: 'sk',
        ANTHROPIC_BASE_URL: managed.anthropicBaseUrl,
      },
    });
  });
  afterAll(async () => {
    await system?.dispose();
    await Promise.all([managed?.close(), own?.close()]);
  });

  const call = (path: string, body: object, headers: Record<string, string>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const all = { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/json', ...versionFor(path), ...headers };
      const sent = request(system.baseUrl + path, { method: 'POST', headers: all, agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        answer.on('end', () => resolve({ id: String(answer.headers['x-meshagent-request-id']), headers: answer.headers, trailers: answer.trailers, text }));
      });
      sent.on('error', reject).end(JSON.stringify(body));
    });
  const billed = async (id: string): Promise<BilledCall> => {
    let found: BilledCall | undefined;
    await until(async () => (found = (await api<{ request: BilledCall }>(system, 'GET', `/accounts/projects/${system.projectId}/requests/${id}`)).request) !== undefined);
    return found!;
  };
  /** The call's answer says what the bill says; returns the bill. */
  const expectTold = async (fields: Fields, id: string): Promise<BilledCall> => {
    const bill = await billed(id);
    expect([toNano(String(fields['x-meshagent-cost-usd'])), fields['x-meshagent-price-version'], fields['x-meshagent-cost-basis']]).toEqual([bill.price_nano_usd, bill.price_version, bill.measurement]);
    expect(bill.lines.reduce((sum, line) => sum + BigInt(line.price_nano_usd), 0n).toString()).toBe(bill.price_nano_usd);
    expect(BigInt(bill.price_nano_usd)).toBeGreaterThan(0n);
    return bill;
  };

  const CHAT = { model: 'gpt-4.1', messages: [{ role: 'user', content: 'hello' }] };
  const MESSAGE = { model: 'claude-sonnet-4-6', max_tokens: 100, messages: [{ role: 'user', content: 'hello' }] };
  const ROUTES: [string, object, object][] = [
    ['/openai/v1/chat/completions', CHAT, OPENAI_USAGE],
    ['/v1/responses', { model: 'gpt-5.6', input: 'hello' }, { input_tokens: 1_003, output_tokens: 101 }],
    ['/anthropic/v1/messages', MESSAGE, ANTHROPIC_USAGE],
  ];
  const asked = (usage: object) => ({ ...ASK, ...simulatorHeaders({ usage: { ...usage } }) });

  it.each(ROUTES)('%s: in the headers of an answer, in the trailers of a stream', async (path, body, usage) => {
    const whole = await call(path, body, asked(usage));
    await expectTold(whole.headers, whole.id);
    const streamed = await call(path, { ...body, stream: true }, asked(usage));
    expect([streamed.headers['x-meshagent-cost-usd'], streamed.text.startsWith('event') || streamed.text.startsWith('data')]).toEqual([undefined, true]);
    await expectTold(streamed.trailers, streamed.id);
  });

  it.each(ROUTES)('%s: nothing for who does not ask', async (path, body) => {
    for (const stream of [false, true]) {
      const { headers, trailers } = await call(path, { ...body, stream }, {});
      expect([headers['trailer'], ...Object.keys({ ...headers, ...trailers }).filter((name) => /cost|price/.test(name))]).toEqual([undefined]);
    }
  });

  it('the official client bears it: answers, streams, and the connection after them', async () => {
    const openai = new OpenAI({ baseURL: `${system.baseUrl}/openai/v1`, apiKey: system.apiKey, maxRetries: 0, defaultHeaders: asked(OPENAI_USAGE) });
    for (let round = 0; round < 3; round++) {
      const { response } = await openai.chat.completions.create({ model: 'gpt-4.1', messages: [] }).withResponse();
      await expectTold(Object.fromEntries(response.headers), response.headers.get('x-meshagent-request-id')!);
      const pieces = [];
      for await (const chunk of await openai.chat.completions.create({ model: 'gpt-4.1', messages: [], stream: true })) pieces.push(chunk.choices[0]?.delta.content ?? '');
      expect(pieces.join('')).not.toBe('');
    }
  });

  it("with a project's discount", async () => {
    const { OPERATOR_TOKEN } = await system.variables('operator.env');
    await api(system, 'PUT', `/accounts/projects/${system.projectId}/price-adjustments`, { adjustments: [{ percent: '-33.3' }] }, OPERATOR_TOKEN!);
    let answer = await call('/openai/v1/chat/completions', CHAT, asked(OPENAI_USAGE));
    await until(async () => String((answer = await call('/openai/v1/chat/completions', CHAT, asked(OPENAI_USAGE))).headers['x-meshagent-price-version']).endsWith(';project=-33.3%'));
    expect((await expectTold(answer.headers, answer.id)).price_version).toBe('2026-11;project=-33.3%');
    await api(system, 'PUT', `/accounts/projects/${system.projectId}/price-adjustments`, { adjustments: [] }, OPERATOR_TOKEN!);
  });

  it('with the own key of a project: the surcharge alone', async () => {
    await api(system, 'PUT', `/accounts/projects/${system.projectId}/settings/openai`, { api_key: 'sk-own-secret-key', base_url: own.openAiBaseUrl });
    let answer = await call('/openai/v1/chat/completions', CHAT, asked(OPENAI_USAGE));
    await until(async () => {
      const before = own.requests.length;
      answer = await call('/openai/v1/chat/completions', CHAT, asked(OPENAI_USAGE));
      return own.requests.length > before;
    });
    expect(own.requests.at(-1)!.headers['x-meshagent-cost']).toBeUndefined();
    const bill = await expectTold(answer.headers, answer.id);
    expect(bill.provider_key).toBe('project');
    expect(bill.lines.filter((line) => line.price_nano_usd !== '0')).toHaveLength(1);
    const streamed = await call('/openai/v1/chat/completions', { ...CHAT, stream: true }, asked(OPENAI_USAGE));
    expect((await expectTold(streamed.trailers, streamed.id)).price_nano_usd).toBe(bill.price_nano_usd);
  });
});
