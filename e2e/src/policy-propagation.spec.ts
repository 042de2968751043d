import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import { bootstrap, readAccountsApiConfig, startAccountsApi } from '@llm-proxy/accounts-api';
import { readGatewayConfig, startGateway } from '@llm-proxy/gateway';
import type { RunningService } from '@llm-proxy/platform-http';
import { createLogger } from '@llm-proxy/platform-logging';
import { formatApiKey, mintParticipantToken, newApiKeySecret, parseApiKey } from '@llm-proxy/shared-auth';
import { engines, type ProviderSimulator, startProviderSimulator, type TestDatabase } from '@llm-proxy/testing';

const WITHIN_MS = 5_000;
const logger = createLogger('test', 'silent');

/** One accounts-api, and two gateways that share nothing but it. */
describe('what changes in a project takes effect on every gateway', () => {
  let database: TestDatabase;
  let simulator: ProviderSimulator;
  let own: ProviderSimulator;
  let accounts: RunningService;
  let gateways: RunningService[];
  let folder: string;
  let projectId: string;
  let apiKey: string;

  beforeAll(async () => {
    database = await engines.postgresDatabase('propagation');
    folder = await mkdtemp(path.join(tmpdir(), 'llm-proxy-propagation-'));
    simulator = await startProviderSimulator();
    own = await startProviderSimulator();
    const shared = {
      DATABASE_URL: database.url,
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
      SERVICE_CREDENTIAL: randomBytes(32).toString('hex'),
      MESHAGENT_SECRET: randomBytes(32).toString('hex'),
      HOST: '127.0.0.1',
      PORT: '0',
      ALLOW_PRIVATE_UPSTREAMS: '127.0.0.1',
    };
    const config = readAccountsApiConfig({ ...shared, BILLING_URL: 'http://127.0.0.1:1' });
    const first = await bootstrap({ config, projectName: 'Two gateways', roomName: 'my-room', userEmail: 'owner@example.com' });
    ({ projectId } = first);
    apiKey = first.apiKey!;
    accounts = await startAccountsApi(config, { logger });
    const upstream = { OPENAI_API_KEY: 'sk-managed', OPENAI_BASE_URL: simulator.openAiBaseUrl, ANTHROPIC_API_KEY: 'sk-managed', ANTHROPIC_BASE_URL: simulator.anthropicBaseUrl };
    const gateway = (slot: number) => startGateway(readGatewayConfig({ ...shared, ...upstream, ACCOUNTS_API_URL: accounts.url, SPOOL_DIR: folder }), { logger, slot });
    gateways = [await gateway(0), await gateway(1)];
  });
  afterAll(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.close()));
    await accounts?.close();
    await Promise.all([simulator?.close(), own?.close()]);
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const rest = async (method: string, where: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    const response = await fetch(`${gateways[0]!.url}/accounts/projects/${projectId}${where}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${where} answered ${response.status}: ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
  };
  const call = async (gateway: RunningService, credential = apiKey, model = 'gpt-4.1', client = 'spec/1') => {
    const headers = { authorization: `Bearer ${credential}`, 'content-type': 'application/json', 'user-agent': client };
    const response = await fetch(`${gateway.url}/openai/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify({ model, messages: [] }) });
    return { status: response.status, message: ((await response.json()) as { error?: { message: string } }).error?.message ?? '' };
  };
  const models = async (gateway: RunningService, credential = apiKey) => {
    const response = await fetch(`${gateway.url}/openai/v1/models`, { headers: { authorization: `Bearer ${credential}` } });
    return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
  };
  /** Asks every gateway until all answer so; fails after five seconds. */
  const everywhere = async (status: number, ask: (gateway: RunningService) => Promise<{ status: number; message: string }>) => {
    const end = Date.now() + WITHIN_MS;
    for (;;) {
      const answers = await Promise.all(gateways.map(ask));
      if (answers.every((answer) => answer.status === status)) return answers[0]!.message;
      if (Date.now() > end) throw new Error(`not within ${WITHIN_MS} ms: ${JSON.stringify(answers)}`);
    }
  };
  const tokenFor = (grant: object) => {
    const { keyId, secret } = parseApiKey(apiKey)!;
    const grants = [{ name: 'room', scope: 'my-room' }, { name: 'api', scope: { llm: grant } }];
    return mintParticipantToken({ name: 'ann', sub: projectId, kid: keyId, grants }, secret);
  };

  it('model policy: allowed models, for calls, single models and the list', async () => {
    await everywhere(200, (gateway) => call(gateway));
    const all = await models(gateways[0]!);
    await rest('PUT', '/settings/router', { allowedModels: [{ provider: 'openai', model: 'gpt-4o*' }] });
    const message = await everywhere(400, (gateway) => call(gateway));
    expect(message).toMatch(/'gpt-4\.1'.*settings document 'router', allowedModels/);
    await everywhere(200, (gateway) => call(gateway, apiKey, 'gpt-4o'));
    for (const gateway of gateways) {
      const shown = await models(gateway);
      expect(shown).toEqual(all.filter((model) => model.startsWith('gpt-4o')));
      expect([shown.length > 0, shown.length < all.length]).toEqual([true, true]);
      const one = (model: string) => fetch(`${gateway.url}/v1/models/${model}`, { headers: { authorization: `Bearer ${apiKey}` } });
      expect([(await one('gpt-4.1')).status, (await one('gpt-4%2E1')).status]).toEqual([400, 400]);
      const anthropic = await fetch(`${gateway.url}/anthropic/v1/models`, { headers: { authorization: `Bearer ${apiKey}` } });
      expect([anthropic.status, await anthropic.json()]).toMatchObject([400, { type: 'error', error: { type: 'invalid_request_error' } }]);
    }
    await rest('DELETE', '/settings/router');
    await everywhere(200, (gateway) => call(gateway));
    expect(await models(gateways[1]!)).toEqual(all);
  });

  it("a token's own models narrow the policy further, and never widen it", async () => {
    await rest('PUT', '/settings/router', { allowedModels: [{ provider: 'openai', model: 'gpt-4*' }] });
    const token = tokenFor({ models: ['openai/gpt-4.1', 'openai/gpt-5'] });
    await everywhere(400, (gateway) => call(gateway, token, 'gpt-5'));
    await everywhere(200, (gateway) => call(gateway, token, 'gpt-4.1'));
    expect(await everywhere(400, (gateway) => call(gateway, token, 'gpt-4o'))).toMatch(/participant token/);
    expect(await models(gateways[0]!, token)).toEqual(['gpt-4.1']);
    await rest('DELETE', '/settings/router');
    await everywhere(200, (gateway) => call(gateway));
  });

  it('programs, by their user agent', async () => {
    await rest('PUT', '/settings/router', { apps: { mode: 'blocked', userAgentPatterns: ['Agent-X/*'] } });
    expect(await everywhere(400, (gateway) => call(gateway, apiKey, 'gpt-4.1', 'agent-x/2.0'))).toMatch(/'agent-x\/2\.0' is not allowed.*apps/);
    await everywhere(200, (gateway) => call(gateway));
    await rest('DELETE', '/settings/router');
    await everywhere(200, (gateway) => call(gateway, apiKey, 'gpt-4.1', 'agent-x/2.0'));
  });

  it('a revoked access token, on every gateway; the next one works', async () => {
    const client = await rest('POST', '/oauth/clients', { grant_types: ['client_credentials'], scope: 'llm_proxy' });
    const oauth = async (what: string, fields: Record<string, string>) => {
      const body = new URLSearchParams({ client_id: client['client_id']!, client_secret: client['client_secret']!, ...fields });
      const response = await fetch(`${gateways[0]!.url}/oauth/${what}`, { method: 'POST', body });
      expect(response.status).toBe(200);
      return response;
    };
    const newToken = async () => ((await (await oauth('token', { grant_type: 'client_credentials', scope: 'llm_proxy' })).json()) as { access_token: string }).access_token;
    const ask = (token: string) => async (gateway: RunningService) => {
      const headers = { 'authorization': `Bearer ${token}`, 'meshagent-project-id': projectId, 'content-type': 'application/json' };
      const response = await fetch(`${gateway.url}/openai/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify({ model: 'gpt-4.1', messages: [] }) });
      return { status: response.status, message: await response.text() };
    };
    const [revoked, other] = [await newToken(), await newToken()];
    await everywhere(200, ask(revoked));
    await oauth('revoke', { token: revoked });
    await everywhere(401, ask(revoked));
    await everywhere(200, ask(other));
    expect(await (await oauth('introspect', { token: revoked })).json()).toEqual({ active: false });
  });

  it('integrations', async () => {
    await rest('PUT', '/settings/openai', { api_key: 'sk-own', base_url: own.openAiBaseUrl });
    const end = Date.now() + WITHIN_MS;
    for (const gateway of gateways) {
      const before = own.requests.length;
      while (own.requests.length === before) {
        expect(Date.now()).toBeLessThan(end);
        await call(gateway);
      }
    }
    await rest('DELETE', '/settings/openai');
    await everywhere(200, (gateway) => call(gateway));
  });

  it('roles of a service account, for its keys and their tokens', async () => {
    const account = await rest('POST', '/service-accounts', { name: 'ci' });
    const key = await rest('POST', `/service-accounts/${account['id']}/api-keys`, { name: 'k' });
    const subject = { type: 'service_account', id: account['id'] };
    await everywhere(200, (gateway) => call(gateway, key['value']));
    await rest('POST', `/iam/project/${projectId}/policy:revoke`, { subject });
    expect(await everywhere(403, (gateway) => call(gateway, key['value']))).toMatch(/llm_proxy_user/);
    await rest('POST', `/iam/project/${projectId}/policy:grant`, { subject, roles: ['llm_proxy_user'] });
    await everywhere(200, (gateway) => call(gateway, key['value']));
  });

  it('rotated and deleted keys', async () => {
    const account = await rest('GET', '/service-accounts/by-name/default');
    const keys = `/service-accounts/${account['id']}/api-keys`;
    const old = await rest('POST', keys, { name: 'k' });
    await everywhere(200, (gateway) => call(gateway, old['value']));
    const next = await rest('POST', `${keys}/${old['id']}/rotate`, { overlap_seconds: 1 });
    await everywhere(401, (gateway) => call(gateway, old['value']));
    await everywhere(200, (gateway) => call(gateway, next['value']));
    await rest('DELETE', `${keys}/${next['id']}`);
    await everywhere(401, (gateway) => call(gateway, next['value']));
  });

  it('accounts-api away: who is known goes on, who is not is told to try again', async () => {
    const token = tokenFor({});
    await everywhere(200, (gateway) => call(gateway));
    await everywhere(200, (gateway) => call(gateway, token));
    await accounts.close();
    await everywhere(200, (gateway) => call(gateway));
    await everywhere(200, (gateway) => call(gateway, token));
    const stranger = formatApiKey({ keyId: randomUUID(), projectId: randomUUID(), secret: newApiKeySecret() });
    await everywhere(503, (gateway) => call(gateway, stranger));
  });
});
