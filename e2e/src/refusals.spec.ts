import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { freePort, type ProviderSimulator, simulatorHeaders, startProviderSimulator } from '@llm-proxy/testing';
import { formatApiKey, mintParticipantToken, newApiKeySecret, parseApiKey } from '@llm-proxy/shared-auth';
import { api } from './bill.js';
import { versionFor } from './anthropic-version.js';
import { type System, startSystem } from './system.js';

const PROVIDERS = [
  { provider: 'OpenAI', path: '/openai/v1/chat/completions', good: { model: 'gpt-4.1', messages: [{ role: 'user', content: 'hello' }] } },
  { provider: 'Anthropic', path: '/anthropic/v1/messages', good: { model: 'claude-sonnet-4-6', max_tokens: 1, messages: [{ role: 'user', content: 'hello' }] } },
] as const;

describe('what is refused, and how', () => {
  let simulator: ProviderSimulator;
  let system: System;
  let secret: string;
  let keyId: string;

  beforeAll(async () => {
    simulator = await startProviderSimulator();
    system = await startSystem({
      env: {
        OPENAI_API_KEY: 'sk-test',
        OPENAI_BASE_URL: simulator.openAiBaseUrl,
        ANTHROPIC_API_KEY: 'sk-test',
        ANTHROPIC_BASE_URL: simulator.anthropicBaseUrl,
        ALLOW_PRIVATE_UPSTREAMS: '127.0.0.1',
        MAX_REQUEST_BODY_BYTES: '10000',
        UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '1500',
      },
    });
    ({ secret, keyId } = parseApiKey(system.apiKey)!);
  });
  afterAll(async () => {
    await system?.dispose();
    await simulator?.close();
  });

  const post = async (path: string, body: unknown, credential: string | null = system.apiKey, headers: Record<string, string> = {}) => {
    const response = await fetch(system.baseUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...versionFor(path), ...(credential === null ? {} : { authorization: `Bearer ${credential}` }), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
  };

  /** The provider's own error shape, a message that says something, and the same message in the header the SDKs show. */
  const expectShape = (provider: string, answer: Awaited<ReturnType<typeof post>>, status: number, message: RegExp) => {
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-meshagent-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const { error } = answer.body as { error: { message: string; type: string; code?: string } };
    expect(error.message).toMatch(message);
    expect(answer.headers.get('x-meshagent-error-message')).toBe(error.message);
    if (provider === 'Anthropic') expect(answer.body).toMatchObject({ type: 'error', error: { type: expect.any(String) }, request_id: expect.any(String) });
    else expect(answer.body).toMatchObject({ error: { type: expect.any(String), code: expect.any(String) } });
  };

  const token = (claims: Record<string, unknown> = {}, options: { secret?: string; exp?: number } = {}) =>
    mintParticipantToken(
      {
        name: 'tester',
        sub: system.projectId,
        kid: keyId,
        grants: [
          { name: 'room', scope: system.room },
          { name: 'api', scope: { llm: {} } },
        ],
        ...(options.exp === undefined ? {} : { exp: options.exp }),
        ...claims,
      },
      options.secret ?? secret,
    );

  describe.each(PROVIDERS)('on $provider routes', ({ provider, path, good }) => {
    it('accepts what is good', async () => {
      expect((await post(path, good)).status).toBe(200);
      expect((await post(path, good, token())).status).toBe(200);
    });

    it.each<[string, () => string | null, number, RegExp]>([
      ['no credential', () => null, 401, /No credential/],
      ['Bearer None', () => 'None', 401, /neither a project API key/],
      ['a malformed API key', () => 'ma-nonsense', 401, /not valid/],
      ['another secret', () => formatApiKey({ keyId, projectId: system.projectId, secret: newApiKeySecret() }), 401, /not valid/],
      ['another key id', () => formatApiKey({ keyId: randomUUID(), projectId: system.projectId, secret }), 401, /not valid/],
      ['an unknown project', () => formatApiKey({ keyId, projectId: randomUUID(), secret }), 401, /not valid/],
      ['a token signed with another secret', () => token({}, { secret: 'another secret' }), 401, /not valid/],
      ['a token of an unknown project', () => token({ sub: randomUUID() }), 401, /not valid/],
      ['a token without a project', () => token({ sub: undefined }), 401, /not valid/],
      ['an expired token', () => token({}, { exp: 1_000_000_000 }), 401, /expired/],
      ['a token without signature', () => token().replace(/\.[^.]*$/, '.'), 401, /not valid/],
      ['a token with alg none', () => `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${token().split('.')[1]}.`, 401, /not valid/],
      ['a token without room grant', () => token({ grants: [{ name: 'api', scope: { llm: {} } }] }), 403, /room grant/],
      ['a token without LLM grant', () => token({ grants: [{ name: 'room', scope: system.room }] }), 403, /LLM grant/],
      ['a token for a room that does not exist', () => token({ grants: [{ name: 'room', scope: 'nowhere' }, { name: 'api', scope: { llm: {} } }] }), 404, /Room 'nowhere' was not found/],
      ['a token for other models', () => token({ grants: [{ name: 'room', scope: system.room }, { name: 'api', scope: { llm: { models: ['openai/other*'] } } }] }), 400, /not allowed by the participant token/],
    ])('refuses %s', async (_name, credential, status, message) => {
      expectShape(provider, await post(path, good, credential()), status, message);
    });

    it('refuses the wrong room', async () => {
      expectShape(provider, await post(`/rooms/other${path}`, good, token()), 403, /not for room 'other'/);
      expectShape(provider, await post(`/rooms/other${path}`, good), 404, /Room 'other' was not found/);
    });

    it.each<[string, unknown, number, RegExp]>([
      ['a body that is not JSON', 'hello', 400, /not a valid JSON object/],
      ['an array', '[]', 400, /not an object/],
      ['no body', '', 400, /ends too early/],
      ['a truncated body', '{"model":"gpt-4.1","messages":[', 400, /ends too early/],
      ['a duplicate model', '{"model":"gpt-4.1","model":"gpt-5.4-pro"}', 400, /'model' twice/],
      ['no model', { messages: [] }, 400, /must name a model/],
      ['a model that is not a string', { model: 5 }, 400, /must name a model/],
      ['a model without a price', { model: 'gpt-nobody-knows' }, 400, /'gpt-nobody-knows' has no .* price/],
      ['a body that is too large', { model: 'gpt-4.1', text: 'x'.repeat(20_000) }, 413, /larger than 10000 bytes/],
    ])('refuses %s before anything goes upstream', async (_name, body, status, message) => {
      simulator.reset();
      expectShape(provider, await post(path, body), status, message);
      expect(simulator.requests).toHaveLength(0);
    });

    it('refuses a body that grows too large without saying so', async () => {
      const status = await new Promise((resolve, reject) => {
        const call = httpRequest(system.baseUrl + path, { method: 'POST', headers: { authorization: `Bearer ${system.apiKey}`, 'transfer-encoding': 'chunked' } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        call.on('error', reject);
        for (let index = 0; index < 20; index++) call.write('x'.repeat(1_000));
        call.end();
      });
      expect(status).toBe(413);
    });

    it.each([
      [`${path}/other`, 400, /Unsupported (OpenAI|Anthropic) API path/],
      [path.replace(/v1.*/, 'v1/files'), 400, /Unsupported/],
      [path.replace(/v1.*/, 'v2/x'), 400, /Unsupported/],
    ])('refuses the path %s', async (url, status, message) => {
      expectShape(provider, await post(url, good), status, message);
    });

    it('says which method a path takes', async () => {
      const response = await fetch(system.baseUrl + path, { headers: { authorization: `Bearer ${system.apiKey}` } });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    });

    it('a provider that is slow to answer is a 504', async () => {
      expectShape(provider, await post(path, good, undefined, simulatorHeaders({ firstByteDelayMs: 5_000 })), 504, /did not answer in time/);
    });

    it('a provider that answers garbage is passed on', async () => {
      const response = await fetch(system.baseUrl + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${system.apiKey}`, ...versionFor(path), ...simulatorHeaders({ garbage: 'json' }) },
        body: JSON.stringify(good),
      });
      expect(response.status).toBe(200);
      expect((await response.text()).length).toBeGreaterThan(0);
    });
  });

  it('takes x-api-key on Anthropic routes, and only there', async () => {
    expect((await post(PROVIDERS[1].path, PROVIDERS[1].good, null, { 'x-api-key': system.apiKey })).status).toBe(200);
    expect((await post(PROVIDERS[0].path, PROVIDERS[0].good, null, { 'x-api-key': system.apiKey })).status).toBe(401);
  });

  it('nothing internal is reachable from outside', async () => {
    for (const path of ['/internal/changes', `/internal/projects/${system.projectId}/policy`, '/accounts/../internal/changes', '/accounts/%2e%2e/internal/changes', '//internal/changes']) {
      const status = await new Promise((resolve, reject) => {
        const socket = connect(system.port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${system.apiKey}\r\nConnection: close\r\n\r\n`));
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString())).on('end', () => resolve(Number(text.split(' ')[1]))).on('error', reject);
      });
      expect([path, status]).toEqual([path, 404]);
    }
  });

  it('a deleted key stops working, and so do the tokens minted from it', async () => {
    const made = await api<{ id: string; value: string }>(system, 'POST', `/accounts/projects/${system.projectId}/api-keys`, { name: 'short-lived', description: '' });
    const parsed = parseApiKey(made.value)!;
    const minted = token({ kid: parsed.keyId }, { secret: parsed.secret });
    expect((await post(PROVIDERS[0].path, PROVIDERS[0].good, made.value)).status).toBe(200);
    expect((await post(PROVIDERS[0].path, PROVIDERS[0].good, minted)).status).toBe(200);
    await api(system, 'DELETE', `/accounts/projects/${system.projectId}/api-keys/${made.id}`);
    const end = Date.now() + 5_000;
    let statuses: number[] = [];
    while (Date.now() < end && statuses.join() !== '401,401') {
      statuses = [(await post(PROVIDERS[0].path, PROVIDERS[0].good, made.value)).status, (await post(PROVIDERS[0].path, PROVIDERS[0].good, minted)).status];
    }
    expect(statuses).toEqual([401, 401]);
  });

  it('a provider that is down is a 502, in the shape of its errors', async () => {
    const port = await freePort();
    for (const [doc, { provider, path, good }] of [['openai', PROVIDERS[0]], ['anthropic', PROVIDERS[1]]] as const) {
      await api(system, 'PUT', `/accounts/projects/${system.projectId}/settings/${doc}`, { api_key: 'sk-own-key', base_url: `http://127.0.0.1:${port}` });
      const end = Date.now() + 5_000;
      let answer = await post(path, good);
      while (answer.status === 200 && Date.now() < end) answer = await post(path, good);
      expectShape(provider, answer, 502, /could not be reached/);
      await api(system, 'DELETE', `/accounts/projects/${system.projectId}/settings/${doc}`);
    }
  });
});
