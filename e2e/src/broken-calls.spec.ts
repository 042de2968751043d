import { request as httpRequest } from 'node:http';
import { type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import { bill, expectBill, expectBilledAnswers } from './bill.js';
import { listSetAside } from './set-aside.js';
import { versionFor } from './anthropic-version.js';
import { type System, startSystem } from './system.js';
import { until } from './until.js';

const USAGE = { prompt_tokens: 100, completion_tokens: 10 };

describe('calls that break in the middle', () => {
  let simulator: ProviderSimulator;
  let system: System;

  beforeAll(async () => {
    simulator = await startProviderSimulator();
    system = await startSystem({
      env: { OPENAI_API_KEY: 'sk', OPENAI_BASE_URL: simulator.openAiBaseUrl, ANTHROPIC_API_KEY: 'sk', ANTHROPIC_BASE_URL: simulator.anthropicBaseUrl },
    });
  });
  afterAll(async () => {
    await system?.dispose();
    await simulator?.close();
  });

  const call = (path: string, body: object, headers: Record<string, string>) => ({
    url: system.baseUrl + path,
    init: { method: 'POST', headers: { authorization: `Bearer ${system.apiKey}`, ...versionFor(path), ...headers }, body: JSON.stringify(body) },
  });

  it.each([0, 1, 3])('a caller that leaves after %i pieces is billed for the whole answer', async (pieces) => {
    const journey = `left-${pieces}`;
    const { url, init } = call(
      '/openai/v1/chat/completions',
      { model: 'gpt-4.1', stream: true, messages: [] },
      { ...simulatorHeaders({ usage: USAGE, chunks: 8, chunkDelayMs: 20 }), 'x-meshagent-annotation-journey': journey },
    );
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest(url, { method: 'POST', headers: init.headers }, (response) => {
        let seen = 0;
        if (pieces === 0) resolve(void request.destroy());
        response.on('error', () => undefined);
        response.on('data', () => {
          if (++seen === pieces) resolve(void request.destroy());
        });
      });
      request.on('error', (error) => ((error as NodeJS.ErrnoException).code === 'ECONNRESET' ? undefined : reject(error)));
      request.end(init.body);
    });
    await expectBill(system, { annotations: JSON.stringify({ journey }) }, ['gpt-4.1 input_tokens 100 200000', 'gpt-4.1 output_tokens 10 80000', 'gpt-4.1 llm_proxy_surcharge 1 14000']);
  });

  it('a provider that cuts a stream cuts the caller’s too, and what it reported is billed', async () => {
    const journey = 'cut-anthropic';
    const { url, init } = call(
      '/anthropic/v1/messages',
      { model: 'claude-sonnet-4-6', max_tokens: 5, stream: true, messages: [{ role: 'user', content: 'hello' }] },
      { ...simulatorHeaders({ usage: { input_tokens: 100, output_tokens: 50 }, chunks: 8, cutAfterChunks: 3 }), 'x-meshagent-annotation-journey': journey },
    );
    const response = await fetch(url, init);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    await expectBilledAnswers(system, 1, { annotations: JSON.stringify({ journey }) });
    const [input] = await bill(system, { annotations: JSON.stringify({ journey }), usage_type: 'input_tokens' });
    expect(input!.quantity).toBe('100');
  });

  it('a provider that cuts an answer nobody can estimate leaves an event that waits, listed with its reason', async () => {
    const body = { model: 'gpt-image-1', prompt: 'a cat' };
    const { url, init } = call('/openai/v1/images/generations', body, simulatorHeaders({ cutAfterChunks: 0 }));
    const response = await fetch(url, init);
    await expect(response.text()).rejects.toThrow();
    const requestId = response.headers.get('x-meshagent-request-id')!;
    await until(async () => (await listSetAside(system)).includes(requestId));
    expect(await listSetAside(system)).toMatch(/unpriceable/);
  });

  it('a provider that hangs up before answering is a 502, and the process lives', async () => {
    for (let round = 0; round < 3; round++) {
      const { url, init } = call('/openai/v1/chat/completions', { model: 'gpt-4.1', messages: [] }, simulatorHeaders({ cutAfterChunks: 0, chunks: 1 }));
      const response = await fetch(url, init).catch(() => null);
      if (response?.ok === true) await response.text().catch(() => undefined);
    }
    const { url, init } = call('/openai/v1/chat/completions', { model: 'gpt-4.1', messages: [] }, {});
    const last = await fetch(url, init);
    expect([last.status, await last.text()]).toEqual([200, expect.stringContaining('simulated')]);
  });
});
