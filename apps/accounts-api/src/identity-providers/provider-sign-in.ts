import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@llm-proxy/platform-logging';
import { randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import type { User } from '../generated/client.js';
import { APP_LOGGER } from '../http/app-logger.js';
import { ArtifactsStore } from '../oauth/artifacts.store.js';
import { IdentitiesStore, type Refused } from './identities.store.js';
import { OpenIdClient, ProviderError, type ProviderFailure } from './openid-client.js';

/** Of a sign-in that is under way at a provider; kept sealed under a digest of its state. */
const MODEL = 'ProviderSignIn';
const LIFETIME_SECONDS = 15 * 60;

export type ProviderSignedIn = { ok: true; user: User } | { ok: false; reason: Refused | ProviderFailure };

/** Where the browser comes back to, for each provider one address, as it has to be registered there. */
export const redirectUriOf = (publicUrl: string, providerId: string): string => `${publicUrl}/oauth/signed-in/${providerId}`;

/** The state names the visit of the sign-in page that it belongs to, so that one registered address serves all visits. */
export const visitOfState = (state: string): string | null => /^([\w-]{1,64})\.[\w-]{16,64}$/.exec(state)?.[1] ?? null;

/** Sign-in with the identity providers of the settings. */
@Injectable()
export class ProviderSignIn {
  private readonly clients: ReadonlyMap<string, OpenIdClient>;

  constructor(
    @Inject(ACCOUNTS_API_CONFIG) config: AccountsApiConfig,
    private readonly artifacts: ArtifactsStore,
    private readonly identities: IdentitiesStore,
    @Inject(APP_LOGGER) private readonly logger: Logger,
  ) {
    this.clients = new Map(config.SIGN_IN_PROVIDERS.map((provider) => [provider.id, new OpenIdClient(provider, redirectUriOf(config.PUBLIC_URL, provider.id))]));
  }

  /**
   * @returns where to send the browser; null when the provider does not answer
   * @throws AccountsError `not_found`
   */
  async begin(providerId: string, visitUid: string, loginHint: string | null): Promise<URL | null> {
    const client = this.client(providerId);
    const begun = { state: `${visitUid}.${randomState()}`, nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() };
    try {
      const url = await client.begin(begun, loginHint);
      const { state, ...secrets } = begun;
      await this.artifacts.save(MODEL, state, { jti: visitUid, providerId, ...secrets }, LIFETIME_SECONDS);
      return url;
    } catch (error) {
      this.note(providerId, error);
      return null;
    }
  }

  /**
   * @param visitUid of the visit that the browser proved to have begun
   * @param query that the browser came back with
   * @throws AccountsError `not_found`, `invalid_request`
   */
  async finish(providerId: string, visitUid: string, query: string): Promise<ProviderSignedIn> {
    const client = this.client(providerId);
    const state = new URLSearchParams(query).get('state') ?? '';
    const begun = await this.artifacts.find(MODEL, state);
    if (begun === undefined || begun['providerId'] !== providerId || begun.jti !== visitUid || begun['consumed'] !== undefined) {
      throw new AccountsError('invalid_request', 'This sign-in has ended or was begun elsewhere.');
    }
    await this.artifacts.consume(MODEL, state);
    try {
      const identity = await client.finish({ state, nonce: String(begun['nonce']), codeVerifier: String(begun['codeVerifier']) }, query);
      const recognised = await this.identities.recognise(identity, client.provider);
      if (!recognised.ok) this.logger.info({ provider: providerId, reason: recognised.reason }, 'sign-in with an identity provider refused');
      return recognised;
    } catch (error) {
      return { ok: false, reason: this.note(providerId, error) };
    }
  }

  /** @throws AccountsError `not_found` */
  labelOf(providerId: string): string {
    return this.client(providerId).provider.label;
  }

  private client(providerId: string): OpenIdClient {
    const client = this.clients.get(providerId);
    if (client === undefined) throw new AccountsError('not_found');
    return client;
  }

  private note(providerId: string, error: unknown): ProviderFailure {
    if (!(error instanceof ProviderError)) throw error;
    this.logger.warn({ provider: providerId, reason: error.reason, error: error.message }, 'identity provider gave no proof');
    return error.reason;
  }
}
