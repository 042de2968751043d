import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider';

/** Somebody with an account there. */
export interface Person {
  sub: string;
  email?: string;
  email_verified?: boolean;
  given_name?: string;
}

export interface RunningIdentityProvider {
  issuer: string;
  clientSecret: string;
  /** Who signs in next; null: they say no. */
  person: Person | null;
  /** Changes the answer to a token request. */
  tamper: ((answer: Record<string, unknown>) => Record<string, unknown>) | null;
  /** Answers nobody. */
  hangs: boolean;
  close(): Promise<void>;
}

const CLIENT_ID = 'llm-proxy';

/** A real OpenID provider, whose people never have to type anything. */
export const runIdentityProvider = async (redirectUri: string): Promise<RunningIdentityProvider> => {
  const running = { clientSecret: 'the+secret of: this/client', person: null, tamper: null, hangs: false } as unknown as RunningIdentityProvider;
  const server = createServer((request, response) => {
    if (!running.hangs) void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  running.close = () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections());
  const provider = providerOf(running, redirectUri);
  const callback = provider.callback();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url!.startsWith('/person/')) return decide(provider, running.person, request, response);
    const { tamper } = running;
    if (tamper !== null && request.url === '/token') {
      const end = response.end.bind(response);
      response.end = ((body: string) => {
        response.removeHeader('content-length');
        return end(JSON.stringify(tamper(JSON.parse(String(body)) as Record<string, unknown>)));
      }) as never;
    }
    await callback(request, response);
  };
  return running;
};

const decide = async (provider: Provider, person: Person | null, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (person === null) return provider.interactionFinished(request, response, { error: 'access_denied' });
  const grant = new provider.Grant({ accountId: person.sub, clientId: CLIENT_ID });
  grant.addOIDCScope('openid email profile');
  return provider.interactionFinished(request, response, { login: { accountId: person.sub }, consent: { grantId: await grant.save() } });
};

/** Remembers for as long as the provider runs. */
const inMemory = () => {
  const kept = new Map<string, AdapterPayload>();
  return (model: string): Adapter => ({
    upsert: async (id, payload) => void kept.set(`${model} ${id}`, payload),
    find: async (id) => kept.get(`${model} ${id}`),
    findByUid: async (uid) => [...kept.values()].find((payload) => payload.uid === uid),
    findByUserCode: async () => undefined,
    consume: async (id) => void Object.assign(kept.get(`${model} ${id}`)!, { consumed: 1 }),
    destroy: async (id) => void kept.delete(`${model} ${id}`),
    revokeByGrantId: async () => undefined,
  });
};

const providerOf = (running: RunningIdentityProvider, redirectUri: string): Provider => {
  const provider = new Provider(running.issuer, {
    clients: [{ client_id: CLIENT_ID, client_secret: running.clientSecret, redirect_uris: [redirectUri], token_endpoint_auth_method: 'client_secret_post' }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['given_name'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['k'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ ...running.person, sub: id }) }),
    adapter: inMemory(),
    interactions: { url: (_context, { uid }) => `/person/${uid}` },
    jwks: { keys: [{ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), use: 'sig' }] },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    pkce: { required: () => true },
  });
  provider.silent = true;
  return provider;
};
