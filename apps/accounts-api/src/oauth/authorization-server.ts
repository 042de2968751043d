import { hkdfSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Logger } from '@llm-proxy/platform-logging';
import type { AccessTokenKeys } from '@llm-proxy/shared-auth';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig, sealingKeysOf } from '../accounts-api.config.js';
import { APP_LOGGER } from '../http/app-logger.js';
import { OAuthClientsStore } from '../oauth-clients/oauth-clients.store.js';
import { showPage, signedOutPage } from '../sign-in/pages.js';
import { UsersStore } from '../users/users.store.js';
import { apiAudienceOf } from './api-resource.js';
import { ArtifactsStore } from './artifacts.store.js';
import { readClientRequest, withChallengeMethod, withForm } from './dialects.js';
import { PresentedTokens } from './presented-tokens.js';
import { providerSettings } from './provider-settings.js';
import { RevocationsStore } from './revocations.store.js';
import { SigningKeysStore } from './signing-keys.store.js';

/** How long a replica may miss a rotation. Shorter than a new key waits before it signs. */
const KEYS_TTL_MS = 60_000;

const LIBRARY_PATHS = /^\/(?:oauth\/(?:authorize(?:\/[^/]+)?|token|jwks|revoke|introspect|sign-out(?:\/[^/]+)?)|\.well-known\/(?:openid-configuration|oauth-authorization-server))$/;
const CLIENT_REQUESTS = /^\/oauth\/(?:token|revoke|introspect)$/;

interface Made {
  provider: Provider;
  answer: ReturnType<Provider['callback']>;
  accessTokenKeys: AccessTokenKeys;
  keyIds: string;
  checkedAtMs: number;
}

/** The OAuth 2.1 and OpenID Connect server. The library needs its signing keys when it is made, so it is made anew when they change. */
@Injectable()
export class AuthorizationServer {
  private made: Made | undefined;
  private making: Promise<Made> | undefined;
  private readonly issuer: string;
  private readonly cookieKeys: string[];

  constructor(
    @Inject(ACCOUNTS_API_CONFIG) config: AccountsApiConfig,
    private readonly keys: SigningKeysStore,
    private readonly artifacts: ArtifactsStore,
    private readonly presented: PresentedTokens,
    private readonly revocations: RevocationsStore,
    private readonly clients: OAuthClientsStore,
    private readonly users: UsersStore,
    @Inject(APP_LOGGER) private readonly logger: Logger,
  ) {
    this.issuer = config.PUBLIC_URL;
    this.cookieKeys = sealingKeysOf(config).map((key) => Buffer.from(hkdfSync('sha256', key, '', 'oauth-cookies', 32)).toString('base64url'));
  }

  /** Middleware: answers the paths of the protocol, passes on the rest. */
  readonly handle = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    const path = request.url!.split('?', 1)[0]!;
    if (!LIBRARY_PATHS.test(path)) return next();
    this.serve(path, request, response).catch(next);
  };

  private async serve(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { answer, accessTokenKeys } = await this.current();
    this.asSeenFromOutside(request);
    if (path === '/oauth/authorize') request.url = withChallengeMethod(request.url!);
    const form = CLIENT_REQUESTS.test(path) ? await readClientRequest(request) : null;
    if (form === null) return answer(request, response);
    if (path === '/oauth/token') return answer(withForm(request, form), response);
    return this.presented.during(form, accessTokenKeys, (presented) => answer(withForm(request, presented), response));
  }

  /** The addresses that clients are told are those of `PUBLIC_URL`, whatever a request says about the way it came. */
  private asSeenFromOutside(request: IncomingMessage): void {
    const { host, protocol } = new URL(this.issuer);
    request.headers.host = host;
    request.headers['x-forwarded-host'] = host;
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
  }

  /** With the keys of the moment. */
  async provider(): Promise<Provider> {
    return (await this.current()).provider;
  }

  /** What verifies an access token of this deployment. */
  async accessTokenKeys(): Promise<AccessTokenKeys> {
    return (await this.current()).accessTokenKeys;
  }

  private async current(): Promise<Made> {
    if (this.made !== undefined && Date.now() - this.made.checkedAtMs < KEYS_TTL_MS) return this.made;
    this.making ??= this.make().finally(() => (this.making = undefined));
    return this.making;
  }

  private async make(): Promise<Made> {
    const keys = await this.keys.current(Date.now());
    const keyIds = keys.private.map(({ kid }) => kid).join();
    const kept = this.made?.keyIds === keyIds ? this.made : undefined;
    const provider = kept?.provider ?? this.newProvider(keys);
    const shown = keys.private.map(({ kid, n, e }) => ({ kid: kid!, kty: 'RSA' as const, n: n!, e: e! }));
    await Promise.all([this.artifacts.prune(), this.revocations.prune()]);
    this.made = { provider, answer: kept?.answer ?? provider.callback(), accessTokenKeys: { issuer: this.issuer, audience: apiAudienceOf(this.issuer), keys: shown }, keyIds, checkedAtMs: Date.now() };
    return this.made;
  }

  private newProvider(keys: Awaited<ReturnType<SigningKeysStore['current']>>): Provider {
    const { issuer, cookieKeys, artifacts, presented, clients, users } = this;
    const provider = new Provider(issuer, providerSettings({ issuer, cookieKeys, keys, artifacts, presented, clients, users }));
    provider.proxy = true;
    provider.use(sayWhenNobodyIsSignedIn);
    provider.on('server_error', (_context, error) => this.logger.error({ err: error }, 'authorization server failed'));
    provider.silent = true;
    return provider;
  }
}

/** Without a session to end, the library's page would send a form to itself by a script that our pages do not allow. */
const sayWhenNobodyIsSignedIn = async (context: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
  await next();
  const { oidc } = context;
  if (oidc?.route === 'end_session' && context.status === 200 && oidc.session?.accountId === undefined) showPage(context, 200, signedOutPage());
};
