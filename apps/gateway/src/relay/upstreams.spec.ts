import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { LRUCache } from 'lru-cache';
import { lookupPublic, PrivateAddressError } from '@llm-proxy/platform-http';
import { SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import type { KnownProject } from '../credentials/policy-cache.js';
import { openai } from '../providers/openai/index.js';
import { Refusal } from '../refusals.js';
import { type Upstream, Upstreams } from './upstreams.js';

const projectId = randomUUID();
const secretBox = new SecretBox(Buffer.alloc(32, 1));
const sealedApiKey = secretBox.seal('sk-own', { projectId, field: sealedFields.integration('openai') });

const projectWith = (baseUrl: string | null): KnownProject => ({
  policy: { projectId, enabled: true, apiKeys: [], integrations: { openai: { sealedApiKey, baseUrl } }, llmProxyUserIds: [], llmProxyClientIds: [] },
  rooms: new LRUCache({ max: 1 }),
});

const upstreamsWith = (allowPrivateUpstreams: string[]) =>
  new Upstreams({
    managed: { openai: { baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'sk-managed' } },
    secretBox,
    allowPrivateUpstreams,
    timeouts: { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000 },
    connectionsPerOrigin: 1,
    // A name server whose owner points every name at this machine.
    lookup: (_name, options, callback) => lookupPublic('localhost', options, callback),
  });

describe('upstreams', () => {
  let server: Server;
  let port: number;
  let connections = 0;

  beforeAll(async () => {
    server = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('the managed key goes to the managed address, a project’s own key to its own or the managed one', async () => {
    const upstreams = upstreamsWith([]);
    const managed = upstreams.for(openai, { ...projectWith(null), policy: { ...projectWith(null).policy, integrations: {} } });
    expect(managed).toMatchObject({ keyHeader: ['authorization', 'Bearer sk-managed'], paidBy: 'managed' });
    expect(upstreams.for(openai, projectWith(null))).toMatchObject({ keyHeader: ['authorization', 'Bearer sk-own'], paidBy: 'project', basePath: '/v1' });
    expect(upstreams.for(openai, projectWith('https://llm.example.com/v1'))).toMatchObject({ keyHeader: ['authorization', 'Bearer sk-own'], paidBy: 'project' });
    await upstreams.close();
  });

  it.each(['http://llm.example.com', 'https://127.0.0.1/v1', 'https://localhost/v1', 'https://169.254.169.254', 'https://[::1]'])('%s is refused, whatever accounts-api let through', async (baseUrl) => {
    const upstreams = upstreamsWith(['10.0.0.1']);
    const refusal = upstreams.for(openai, projectWith(baseUrl));
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ status: 400, code: 'provider_address_forbidden' });
    await upstreams.close();
  });

  it('a name that turns out to be private is refused at the moment of connecting; one that the operator vouches for is not', async () => {
    const ask = async (allowed: string[], host: string) => {
      const upstreams = upstreamsWith(allowed);
      const upstream = upstreams.for(openai, projectWith(`https://${host}:${port}/v1`)) as Upstream;
      const error: unknown = await upstream.pool.request({ method: 'GET', path: '/' }).catch((caught: unknown) => caught);
      await upstreams.close();
      return error;
    };
    const before = connections;
    expect(await ask([], 'llm.example.com')).toBeInstanceOf(PrivateAddressError);
    expect(connections).toBe(before);
    expect(await ask([`127.0.0.1:${port}`], '127.0.0.1')).not.toBeInstanceOf(PrivateAddressError);
    expect(connections).toBeGreaterThan(before);
  });
});
