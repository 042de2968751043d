import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import OpenAI from 'openai';
import { api, expectBill } from './bill.js';
import { type System, startSystem } from './system.js';
import { until } from './until.js';

const PRICES = {
  name: 'ours',
  currency: 'USD',
  changes: [{ validFrom: '2026-01-01T00:00:00Z', source: 'e2e', prices: { openai: [{ models: ['gpt-of-ours'], perMillionUsd: { input_tokens: '2', output_tokens: '10' } }] } }],
  adjustments: [{ percent: '50', provider: 'openai', model: 'gpt-4.1*' }],
};

interface RequestCost {
  price_version: string;
  provider_cost_nano_usd: string;
  lines: object[];
}

describe('prices of the deployment and of a project', () => {
  let simulator: ProviderSimulator;
  let system: System;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'llm-proxy-prices-'));
    await writeFile(path.join(folder, 'prices.json'), JSON.stringify(PRICES));
    simulator = await startProviderSimulator();
    system = await startSystem({
      env: {
        PRICE_FILE: path.join(folder, 'prices.json'),
        OPENAI_API_KEY: 'sk',
        OPENAI_BASE_URL: simulator.openAiBaseUrl,
        ANTHROPIC_API_KEY: 'sk',
        ANTHROPIC_BASE_URL: simulator.anthropicBaseUrl,
        BATCH_LOOK_MS: '500',
      },
    });
  });
  afterAll(async () => {
    await system?.dispose();
    await simulator?.close();
    await rm(folder, { recursive: true });
  });

  const call = (model: string) =>
    new OpenAI({ baseURL: `${system.baseUrl}/openai/v1`, apiKey: system.apiKey, maxRetries: 0 }).chat.completions.create(
      { model, messages: [] },
      { headers: simulatorHeaders({ usage: { prompt_tokens: 1_000, completion_tokens: 100 } }) },
    );

  const costOfCall = async (model: string): Promise<RequestCost> => {
    const { response } = await call(model).withResponse();
    const url = `/accounts/projects/${system.projectId}/requests/${response.headers.get('x-meshagent-request-id')}`;
    let cost: RequestCost | undefined;
    await until(async () => (cost = (await api<{ request: RequestCost }>(system, 'GET', url)).request) !== undefined);
    return cost!;
  };

  it('gateway, metering and the price list know the same ones', async () => {
    await call('gpt-of-ours');
    await expectBill(system, { model: 'gpt-of-ours' }, ['gpt-of-ours input_tokens 1000 2000000', 'gpt-of-ours llm_proxy_surcharge 1 150000', 'gpt-of-ours output_tokens 100 1000000']);
    await call('gpt-4.1');
    await expectBill(system, { model: 'gpt-4.1' }, ['gpt-4.1 input_tokens 1000 3000000', 'gpt-4.1 llm_proxy_surcharge 1 210000', 'gpt-4.1 output_tokens 100 1200000']);
    const list = await api<{ openai: Record<string, object> }>(system, 'GET', '/pricing');
    expect(list.openai['gpt-of-ours']).toEqual({ input_tokens: 2e-6, output_tokens: 10e-6 });
  });

  it("a project's discount comes on top for the calls that follow, and each says what it was charged by", async () => {
    const { OPERATOR_TOKEN } = await system.variables('operator.env');
    const adjustments = [{ percent: '-12.5' }];
    await api(system, 'PUT', `/accounts/projects/${system.projectId}/price-adjustments`, { adjustments }, OPERATOR_TOKEN!);
    // Gateways follow such changes within moments, but not at once.
    let charged = await costOfCall('gpt-4.1-mini');
    await until(async () => (charged = await costOfCall('gpt-4.1-mini')).price_version.includes('project'));
    // 1000 × 0.4 $ a million, half as much again, and an eighth less: 0.000525 $.
    expect(charged).toMatchObject({
      price_version: expect.stringMatching(/^2026-11\+ours\.[0-9a-f]{10};deployment=\+50%;project=-12\.5%$/),
      provider_cost_nano_usd: '560000',
      lines: [
        { type: 'input_tokens', unit_price_pico_usd: '525000', price_nano_usd: '525000' },
        { type: 'output_tokens', unit_price_pico_usd: '2100000', price_nano_usd: '210000' },
        { type: 'llm_proxy_surcharge', price_nano_usd: '36750' },
      ],
    });
  });

  it('results of batches are charged by it too, fetched or not', async () => {
    const anthropic = new Anthropic({ baseURL: `${system.baseUrl}/anthropic`, apiKey: system.apiKey, maxRetries: 0 });
    const create = (model: string) =>
      anthropic.messages.batches.create(
        { requests: [{ custom_id: 'one', params: { model, max_tokens: 5, messages: [{ role: 'user', content: 'hello' }] } }] },
        { headers: simulatorHeaders({ usage: { input_tokens: 1_000, output_tokens: 100 } }) },
      );
    const { id } = await create('claude-sonnet-4-6');
    for await (const result of await anthropic.messages.batches.results(id)) expect(result.custom_id).toBe('one');
    await create('claude-opus-4-8');
    await expectBill(system, { model: 'claude-sonnet-4-6' }, [
      'claude-sonnet-4-6 input_tokens_batch 1000 1312500',
      'claude-sonnet-4-6 llm_proxy_surcharge 1 98438',
      'claude-sonnet-4-6 output_tokens_batch 100 656250',
    ]);
    await expectBill(system, { model: 'claude-opus-4-8' }, [
      'claude-opus-4-8 input_tokens_batch 1000 2187500',
      'claude-opus-4-8 llm_proxy_surcharge 1 164062',
      'claude-opus-4-8 output_tokens_batch 100 1093750',
    ]);
  });
});
