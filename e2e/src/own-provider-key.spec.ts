import { type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import OpenAI from 'openai';
import { api, expectBill } from './bill.js';
import { type System, startSystem } from './system.js';
import { until } from './until.js';

describe('a project with its own provider key', () => {
  let managed: ProviderSimulator;
  let own: ProviderSimulator;
  let system: System;

  beforeAll(async () => {
    managed = await startProviderSimulator({ apiKeys: { openai: 'sk-managed' } });
    own = await startProviderSimulator({ apiKeys: { openai: 'sk-own-secret-key' } });
    system = await startSystem({ env: { ALLOW_PRIVATE_UPSTREAMS: '127.0.0.1', OPENAI_API_KEY: 'sk-managed', OPENAI_BASE_URL: managed.openAiBaseUrl } });
  });
  afterAll(async () => {
    await system?.dispose();
    await Promise.all([managed?.close(), own?.close()]);
  });

  it('calls with that key, is charged the surcharge alone, and goes back to the managed key', async () => {
    const settings = `/accounts/projects/${system.projectId}/settings/openai`;
    const openai = new OpenAI({ baseURL: `${system.baseUrl}/openai/v1`, apiKey: system.apiKey, maxRetries: 0 });
    const call = (model: string) => openai.chat.completions.create({ model, messages: [] }, { headers: simulatorHeaders({ usage: { prompt_tokens: 1_000, completion_tokens: 500 } }) });

    await call('gpt-4.1');
    await api(system, 'PUT', settings, { api_key: 'sk-own-secret-key', base_url: own.openAiBaseUrl });
    expect(JSON.stringify(await api(system, 'GET', settings))).not.toContain('sk-own-secret-key');
    await until(async () => (await call('gpt-4.1-nano'), own.requests.length > 0));
    const before = own.requests.length;
    await call('gpt-4.1-mini');
    expect(own.requests).toHaveLength(before + 1);
    expect(own.requests.at(-1)!.headers['authorization']).toBe('Bearer sk-own-secret-key');

    await expectBill(system, { model: 'gpt-4.1' }, ['gpt-4.1 input_tokens 1000 2000000', 'gpt-4.1 output_tokens 500 4000000', 'gpt-4.1 llm_proxy_surcharge 1 300000']);
    // 1000 × 0.4 $ + 500 × 1.6 $ a million = 0.0012 $, which the project pays itself; 5 % of it is 0.00006 $.
    await expectBill(system, { model: 'gpt-4.1-mini' }, [
      'gpt-4.1-mini custom_input_tokens 1000 0',
      'gpt-4.1-mini custom_output_tokens 500 0',
      'gpt-4.1-mini llm_proxy_surcharge 1 60000',
    ]);

    await api(system, 'DELETE', settings);
    const managedBefore = managed.requests.length;
    await until(async () => (await call('gpt-4.1-nano'), managed.requests.length > managedBefore));
  });

  it('does so with Grok as well, for which the deployment has no key of its own', async () => {
    const settings = `/accounts/projects/${system.projectId}/settings/grok`;
    const grok = new OpenAI({ baseURL: `${system.baseUrl}/grok/v1`, apiKey: system.apiKey, maxRetries: 0 });
    const call = () => grok.responses.create({ model: 'grok-4.6', input: 'hello' }, { headers: simulatorHeaders({ usage: { input_tokens: 1_000, output_tokens: 500 } }) });
    const answered = () => call().then(() => true, () => false);

    await expect(call()).rejects.toThrow(/Grok/);
    await api(system, 'PUT', settings, { api_key: 'sk-own-secret-key', base_url: own.openAiBaseUrl });
    expect(await api(system, 'POST', `${settings}:test`)).toEqual({ ok: true, status: 200, message: 'The provider accepted the key.' });
    expect(await api(system, 'GET', settings)).toEqual({ api_key_set: true, api_key_hint: '…-key', base_url: own.openAiBaseUrl });
    await until(answered);
    expect(own.requests.at(-1)!.headers['authorization']).toBe('Bearer sk-own-secret-key');
    // 1000 × 2 $ + 500 × 6 $ a million = 0.005 $, which the project pays itself; 5 % of it is 0.00025 $.
    await expectBill(system, { model: 'grok-4.6' }, ['grok-4.6 custom_input_tokens 1000 0', 'grok-4.6 custom_output_tokens 500 0', 'grok-4.6 llm_proxy_surcharge 1 250000']);

    await api(system, 'DELETE', settings);
    await until(async () => !(await answered()));
  });
});
