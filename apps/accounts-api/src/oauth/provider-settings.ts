import { type Adapter, type Client, type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { ACCESS_TOKEN_ALGORITHM, scopesWithin } from '@llm-proxy/shared-auth';
import type { OAuthClientsStore } from '../oauth-clients/oauth-clients.store.js';
import { errorPage, showPage, signedOutPage, signOutPage } from '../sign-in/pages.js';
import type { UsersStore } from '../users/users.store.js';
import { ACCESS_TOKEN_SECONDS, apiAudienceOf } from './api-resource.js';
import { artifactKey } from './artifact-key.js';
import type { ArtifactsStore } from './artifacts.store.js';
import type { PresentedTokens } from './presented-tokens.js';
import type { SigningKeys } from './signing-keys.store.js';

const DAY_SECONDS = 24 * 60 * 60;

export interface ProviderParts {
  issuer: string;
  /** The first signs, all are accepted. */
  cookieKeys: string[];
  keys: SigningKeys;
  artifacts: ArtifactsStore;
  presented: PresentedTokens;
  clients: OAuthClientsStore;
  users: UsersStore;
}

/** Everything about the authorization server that is not the library's own default, in one place. */
export const providerSettings = (parts: ProviderParts): Configuration => ({
  adapter: (model) => adapterFor(model, parts),
  clientDefaults: { id_token_signed_response_alg: ACCESS_TOKEN_ALGORITHM, token_endpoint_auth_method: 'client_secret_post' },
  clientBasedCORS: (_context, origin, client) => (client.redirectUris ?? []).some((uri) => originOf(uri) === origin),
  conformIdTokenClaims: false,
  claims: { openid: ['sub'], email: ['email'], profile: ['name', 'given_name', 'family_name'] },
  cookies: { keys: parts.cookieKeys, long: { sameSite: 'lax' }, short: { sameSite: 'lax' } },
  enabledJWA: { idTokenSigningAlgValues: [ACCESS_TOKEN_ALGORITHM] },
  extraClientMetadata: { properties: ['project_id', 'allowed_scope'] },
  extraTokenClaims: (_context, token) =>
    token.kind === 'ClientCredentials' ? { project_id: token.client?.['project_id'] ?? undefined } : { grant_id: token.grantId === undefined ? undefined : artifactKey('Grant', token.grantId) },
  features: featuresFor(parts.issuer, parts.keys),
  findAccount: async (_context, userId) => accountOf(parts.users, userId),
  interactions: { policy: promptPolicy(), url: (_context, interaction) => `/oauth/sign-in/${interaction.uid}` },
  // Programs go on working when their owner signs out of the browser; revoking their tokens ends them.
  expiresWithSession: () => false,
  issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
  jwks: { keys: parts.keys.private },
  pkce: { required: () => true },
  renderError: (context, out) => showPage(context, context.status || 400, errorPage(out.error_description ?? out.error)),
  responseTypes: ['code'],
  rotateRefreshToken: true,
  routes: {
    authorization: '/oauth/authorize',
    token: '/oauth/token',
    jwks: '/oauth/jwks',
    revocation: '/oauth/revoke',
    introspection: '/oauth/introspect',
    end_session: '/oauth/sign-out',
  },
  scopes: ['openid', 'offline_access'],
  ttl: {
    AccessToken: ACCESS_TOKEN_SECONDS,
    ClientCredentials: ACCESS_TOKEN_SECONDS,
    AuthorizationCode: 60,
    IdToken: ACCESS_TOKEN_SECONDS,
    Interaction: 30 * 60,
    Session: 14 * DAY_SECONDS,
    Grant: 365 * DAY_SECONDS,
    RefreshToken: 90 * DAY_SECONDS,
  },
});

const featuresFor = (issuer: string, keys: SigningKeys): Configuration['features'] => ({
  devInteractions: { enabled: false },
  clientCredentials: { enabled: true },
  // Of its own tokens a client may learn, and end them; of others' not even whether they exist.
  introspection: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
  revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
  userinfo: { enabled: false },
  rpInitiatedLogout: {
    enabled: true,
    logoutSource: (context, form) => showPage(context, 200, signOutPage(form)),
    postLogoutSuccessSource: (context) => showPage(context, 200, signedOutPage()),
  },
  resourceIndicators: {
    enabled: true,
    defaultResource: () => apiAudienceOf(issuer),
    useGrantedResource: () => true,
    getResourceServerInfo: (_context: KoaContextWithOIDC, resource: string, client: Client) => {
      if (resource !== apiAudienceOf(issuer)) throw new errors.InvalidTarget();
      return {
        scope: scopesWithin(String(client['allowed_scope'] ?? '')).join(' '),
        audience: resource,
        accessTokenTTL: ACCESS_TOKEN_SECONDS,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: ACCESS_TOKEN_ALGORITHM, kid: keys.signingKeyId } },
      };
    },
  },
});

/** `prompt=select_account` comes before everything else; the rest is the library's. */
const promptPolicy = () => {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);
  return policy;
};

const isAccessToken = (model: string): boolean => model === 'AccessToken' || model === 'ClientCredentials';

const adapterFor = (model: string, { artifacts, clients, presented }: ProviderParts): Adapter => ({
  upsert: (id, payload, lifetimeSeconds) => artifacts.save(model, id, payload, lifetimeSeconds ?? DAY_SECONDS),
  find: async (id) => {
    if (model === 'Client') return clients.metadataOf(id);
    return isAccessToken(model) ? presented.find(model, id) : artifacts.find(model, id);
  },
  findByUid: (uid) => artifacts.findSessionByUid(uid),
  findByUserCode: async () => undefined,
  consume: (id) => artifacts.consume(model, id),
  destroy: (id) => (isAccessToken(model) ? presented.revoke(id) : artifacts.destroy(model, id)),
  revokeByGrantId: (grantId) => (isAccessToken(model) ? artifacts.revokeGrant(grantId) : artifacts.destroyByGrant(grantId)),
});

const accountOf = async (users: UsersStore, userId: string) => {
  const user = await users.find(userId);
  if (user === null) return undefined;
  const { firstName, lastName, email } = user;
  const name = [firstName, lastName].filter(Boolean).join(' ') || email;
  return { accountId: userId, claims: () => ({ sub: userId, email, name, given_name: firstName ?? undefined, family_name: lastName ?? undefined }) };
};

const originOf = (uri: string): string | null => (URL.canParse(uri) ? new URL(uri).origin : null);
