import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { type ProviderSimulator, startProviderSimulator } from '@llm-proxy/testing';
import jwt from 'jsonwebtoken';
import type { WebSocket } from 'ws';
import { type SocketGateway, opened, receive, refusedWith, startSocketGateway, until } from './socket-gateway.suite.js';

const PROVIDER_KEY = 'sk-upstream-0123456789';
const create = () => JSON.stringify({ type: 'response.create', model: 'gpt-5.4', input: 'hello' });

describe('who opens a socket', () => {
  let simulator: ProviderSimulator;
  let gateway: SocketGateway;
  const lastSocket = () => simulator.sockets.at(-1)!;

  beforeAll(async () => {
    simulator = await startProviderSimulator({ apiKeys: { openai: PROVIDER_KEY } });
    gateway = await startSocketGateway({ providerUrl: simulator.openAiBaseUrl, providerKey: PROVIDER_KEY });
    gateway.source.rooms.set('lab', { id: '7d1f2f5e-70c5-4bb6-93c8-3b8e7c7b1a11', name: 'lab', enabled: true } as never);
  });
  afterAll(async () => {
    await gateway?.close();
    await simulator?.close();
  });
  beforeEach(() => void (gateway.events.length = 0));

  it.each(['meshagent-token.', 'meshagent-agent.', 'bearer.', 'Bearer.', 'openai-insecure-api-key.'])('takes a credential from the subprotocol %s and shows it to nobody', async (prefix) => {
    const secretProtocol = prefix + gateway.apiKey;
    const socket = gateway.connect('/v1/realtime?model=gpt-realtime', { authorization: '' }, ['realtime', secretProtocol, 'meshagent-room.lab', 'openai-organization.org-1']);
    await opened(socket);
    expect(socket.protocol).toBe('realtime');
    expect(lastSocket().headers['sec-websocket-protocol']).toBe('realtime');
    expect(JSON.stringify(lastSocket().headers)).not.toContain(gateway.apiKey);
    socket.close();
  });

  const ROOM_AND_LLM = [{ name: 'room', scope: 'lab' }, { name: 'api', scope: { llm: {} } }];
  const CREDENTIALS = {
    api_key: () => gateway.apiKey,
    participant_token: () => gateway.tokenFor(ROOM_AND_LLM),
    oauth_token: () => accessTokenOf(gateway, 'ann'),
  };
  const kinds = Object.keys(CREDENTIALS) as (keyof typeof CREDENTIALS)[];
  const turnOn = async (path: string, socket: WebSocket) => {
    const received = receive(socket);
    await opened(socket);
    socket.send(path === '/v1/responses' ? create() : JSON.stringify({ type: 'response.create' }));
    await until('a bill', () => gateway.events.length === 1);
    socket.close();
    await received.closed;
    return gateway.events[0]!.data.attribution;
  };
  const cases = ['/v1/responses', '/v1/realtime?model=gpt-realtime'].flatMap((path) => kinds.map((kind) => [path, kind] as const));

  it.each(cases)('%s takes a credential of the kind %s in headers', async (path, kind) => {
    const headers = { authorization: `Bearer ${CREDENTIALS[kind]()}`, ...(kind === 'oauth_token' ? { 'meshagent-project-id': gateway.projectId } : {}) };
    expect(await turnOn(path.replace(/\?.*/, ''), gateway.connect(path, headers))).toMatchObject({ projectId: gateway.projectId, credential: kind });
  });

  it.each(cases)('%s takes a credential of the kind %s in subprotocols alone, as browsers send it', async (path, kind) => {
    const credential = CREDENTIALS[kind]();
    const project = kind === 'oauth_token' ? [`meshagent-project.${gateway.projectId.toUpperCase()}`] : [];
    const socket = gateway.connect(path, { authorization: '' }, [...project, `meshagent-token.${credential}`, 'realtime']);
    expect(await turnOn(path.replace(/\?.*/, ''), socket)).toMatchObject({ projectId: gateway.projectId, credential: kind });
    expect(socket.protocol).toBe('realtime');
    expect(lastSocket().headers['sec-websocket-protocol']).toBe('realtime');
    expect(JSON.stringify(lastSocket().headers).toLowerCase()).not.toContain(gateway.projectId);
    expect(JSON.stringify(lastSocket().headers)).not.toContain(credential);
  });

  it.each([
    ['no project', [], 400, /'meshagent-project\.<project id>'/],
    ['an empty project', ['meshagent-project.'], 400, /'meshagent-project\.<project id>'/],
    ['a project of somebody else', [`meshagent-project.${randomUUID()}`], 403, /Check the project id/],
    ['what is no project', ['meshagent-project.x'], 403, /Check the project id/],
  ])('an access token in a subprotocol with %s is refused, and told what to do', async (_what, project, status, message) => {
    const refused = await refusedWith(gateway.connect('/v1/responses', { authorization: '' }, [`bearer.${accessTokenOf(gateway, 'ann')}`, ...project]));
    expect([refused.status, refused.headers['x-meshagent-error-message']]).toEqual([status, expect.stringMatching(message)]);
  });

  it('a header that names the project wins over a subprotocol', async () => {
    const authorization = `Bearer ${accessTokenOf(gateway, 'ann')}`;
    const socket = gateway.connect('/v1/responses', { authorization, 'meshagent-project-id': gateway.projectId }, ['realtime', `meshagent-project.${randomUUID()}`]);
    expect(await turnOn('/v1/responses', socket)).toMatchObject({ projectId: gateway.projectId });
  });
});

const signer = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Of a user who may use the project's LLM proxy. */
const accessTokenOf = ({ source, policy }: SocketGateway, sub: string): string => {
  const { n, e } = signer.publicKey.export({ format: 'jwk' }) as { n: string; e: string };
  const { issuer: iss, audience: aud } = source.tokenKeys;
  source.tokenKeys.keys = [{ kid: 'k', kty: 'RSA', n, e }];
  if (!policy.llmProxyUserIds.includes(sub)) policy.llmProxyUserIds.push(sub);
  return jwt.sign({ iss, aud, sub, client_id: 'cli', scope: 'llm_proxy' }, signer.privateKey, { expiresIn: 60, algorithm: 'RS256', header: { alg: 'RS256', typ: 'at+jwt', kid: 'k' } });
};
