import * as openid from 'openid-client';
import { emailAddress } from '../http/fields.schema.js';
import type { IdentityProvider } from './identity-providers.schema.js';

/** For each question to the provider. */
const TIMEOUT_SECONDS = 5;
/** What the provider says of itself is asked for again after that. */
const DISCOVERY_TTL_MS = 60 * 60_000;
/** A provider that did not answer is left alone that long, however many people try. */
const AWAY_MS = 2_000;

/** What only the browser that began may come back with. */
export interface Begun {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** Who signed in, as the provider vouches for it. */
export interface ProvenIdentity {
  issuer: string;
  subject: string;
  /** In lower case. Null: there is none, the provider did not verify it, or it is not one we take. */
  verifiedEmail: string | null;
  firstName: string | null;
  lastName: string | null;
}

export type ProviderFailure = 'away' | 'declined' | 'not_proven';

/** Its message and its cause are for the log; neither holds a secret. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';

  constructor(
    readonly reason: ProviderFailure,
    detail: string,
  ) {
    super(detail);
  }
}

/** One provider: authorization code with PKCE, state and nonce; the ID token is verified with the provider's keys. */
export class OpenIdClient {
  private found: { configuration: openid.Configuration; atMs: number } | undefined;
  private finding: Promise<openid.Configuration> | undefined;
  private failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly provider: IdentityProvider,
    private readonly redirectUri: string,
  ) {}

  /**
   * @param loginHint e-mail that the person is likely to use
   * @returns where to send the browser
   * @throws ProviderError `away`
   */
  async begin({ state, nonce, codeVerifier }: Begun, loginHint: string | null): Promise<URL> {
    const configuration = await this.configuration();
    return openid.buildAuthorizationUrl(configuration, {
      redirect_uri: this.redirectUri,
      scope: this.provider.scope,
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      ...(loginHint !== null && { login_hint: loginHint }),
    });
  }

  /**
   * @param query that the browser came back with
   * @throws ProviderError
   */
  async finish({ state, nonce, codeVerifier }: Begun, query: string): Promise<ProvenIdentity> {
    const configuration = await this.configuration();
    try {
      const cameBackTo = new URL(`${this.redirectUri}?${query}`);
      const tokens = await openid.authorizationCodeGrant(configuration, cameBackTo, { pkceCodeVerifier: codeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
      return identityOf(tokens.claims()!);
    } catch (error) {
      throw toProviderError(error);
    }
  }

  private async configuration(): Promise<openid.Configuration> {
    if (this.found !== undefined && Date.now() - this.found.atMs < DISCOVERY_TTL_MS) return this.found.configuration;
    if (this.finding === undefined && Date.now() - this.failedAtMs < AWAY_MS) throw new ProviderError('away', 'did not answer a moment ago');
    this.finding ??= this.discover().finally(() => (this.finding = undefined));
    return this.finding;
  }

  private async discover(): Promise<openid.Configuration> {
    const { issuer, client_id, client_secret } = this.provider;
    const execute = [openid.enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [openid.allowInsecureRequests] : [])];
    try {
      const configuration = await openid.discovery(new URL(issuer), client_id, undefined, authenticateWith(client_secret), { timeout: TIMEOUT_SECONDS, execute });
      this.found = { configuration, atMs: Date.now() };
      return configuration;
    } catch (error) {
      this.failedAtMs = Date.now();
      // What it said of itself an hour ago is better than nothing.
      if (this.found !== undefined) return this.found.configuration;
      throw new ProviderError('away', describe(error));
    }
  }
}

/** In the body where the provider takes that, else in a Basic header, which every provider has to take. */
const authenticateWith = (secret: string): openid.ClientAuth => {
  const [inBody, inHeader] = [openid.ClientSecretPost(secret), openid.ClientSecretBasic(secret)];
  return (server, client, body, headers) =>
    (server.token_endpoint_auth_methods_supported?.includes('client_secret_post') ? inBody : inHeader)(server, client, body, headers);
};

const identityOf = (claims: openid.IDToken): ProvenIdentity => ({
  issuer: claims.iss,
  subject: claims.sub,
  verifiedEmail: claims['email_verified'] === true ? (emailAddress().safeParse(claims['email']).data ?? null) : null,
  firstName: nameOf(claims['given_name']),
  lastName: nameOf(claims['family_name']),
});

const nameOf = (claim: unknown): string | null => (typeof claim === 'string' && claim.isWellFormed() ? claim.replaceAll('\0', '').trim().slice(0, 200) || null : null);

/** The person said no, the provider gave no usable answer, or what it said is no proof. */
const toProviderError = (error: unknown): ProviderError => {
  if (error instanceof openid.AuthorizationResponseError) return new ProviderError(error.error === 'access_denied' ? 'declined' : 'not_proven', error.error);
  const isAway = error instanceof TypeError || (error instanceof Error && (error.name === 'TimeoutError' || AWAY_CODES.has((error as openid.ClientError).code ?? '')));
  return new ProviderError(isAway ? 'away' : 'not_proven', describe(error));
};

/** An answer with an unexpected status, or one that is no JSON: an error page of something in between, as a rule. */
const AWAY_CODES = new Set(['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON', 'OAUTH_PARSE_ERROR']);

const describe = (error: unknown): string => {
  const { message, code, cause } = error as openid.ClientError;
  const answered = error instanceof openid.ResponseBodyError ? error.error : '';
  const detail = cause instanceof Error ? cause.message : '';
  return [code, answered, message, detail].filter(Boolean).join(': ').slice(0, 500);
};
