import { createLogger } from '@llm-proxy/platform-logging';
import { metricsFor } from '@llm-proxy/platform-telemetry';
import { engines } from '@llm-proxy/testing';
import { startAccountsApi } from '../accounts-api.js';
import { configFor } from '../running-accounts-api.suite.js';

describe('metrics of requests', () => {
  it('tell routes and statuses apart, and neither ids nor what callers make up', async () => {
    const database = await engines.postgresDatabase('metrics');
    const config = configFor(database.url);
    const metrics = metricsFor({ OPS_PORT: 0, OPS_HOST: '127.0.0.1' })!;
    const api = await startAccountsApi(config, { logger: createLogger('accounts-api', 'silent'), metrics });
    const ask = (method: string, path: string) => fetch(`${api.url}${path}`, { method, headers: { authorization: `Bearer ${config.OPERATOR_TOKEN}` } }).then((response) => response.text());
    await ask('GET', '/config');
    for (const id of ['3f2504e0-4f89-41d3-9a0c-0305e82c3301', '3f2504e0-4f89-41d3-9a0c-0305e82c3302']) await ask('POST', `/accounts/projects/${id}/access:test`);
    await ask('GET', '/made/up?by=callers');
    await ask('PROPFIND', '/config');
    await ask('GET', '/oauth/jwks');
    const counted = (await metrics.metrics()).split('\n').flatMap((line) => /^llm_proxy_accounts_request_seconds_count\{(.*)\} (\d+)$/.exec(line)?.slice(1, 3).join(' ') ?? []);
    expect(counted.sort()).toEqual([
      'method="GET",route="/config",status="200" 1',
      'method="GET",route="authorization-server",status="200" 1',
      'method="GET",route="none",status="404" 1',
      'method="POST",route="/accounts/projects/:projectId/access:test",status="400" 2',
      'method="other",route="none",status="404" 1',
    ]);
    await api.close();
    await database.drop();
  });
});
