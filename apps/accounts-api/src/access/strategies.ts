import type { IncomingMessage } from 'node:http';
import passport from 'passport';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';
import {
  ACCESS_TOKEN_ALGORITHM,
  accessTokenKeyId,
  type AccessTokenKeys,
  type ParticipantClaims,
  parseApiKey,
  publicKeysOf,
  readParticipantToken,
  sameSecret,
  toAccessToken,
} from '@llm-proxy/shared-auth';
import { signingSecretOf } from '../participant-tokens/signing-secret.js';
import type { Caller } from './caller.js';
import type { CredentialsStore } from './credentials.store.js';
import type { RevocationsStore } from '../oauth/revocations.store.js';
import type { UsersStore } from '../users/users.store.js';

/** Looking a credential up failed, which says nothing about the credential. */
export class LookupFailed extends Error {
  override readonly name = 'LookupFailed';
}

/** For bearer values that are looked up whole: API keys and the operator token. */
class BearerStrategy extends passport.Strategy {
  constructor(private readonly identify: (token: string) => Promise<Caller | null>) {
    super();
  }

  /** Passport calls this on a copy made for the request, which has its own `success`, `fail` and `error`. */
  override authenticate(request: IncomingMessage): void {
    const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return this.fail('no bearer token');
    this.identify(token).then(
      (caller) => (caller ? this.success(caller) : this.fail('unknown')),
      (error: unknown) => this.error(error),
    );
  }
}

const operatorStrategy = (operatorToken: string | undefined): passport.Strategy =>
  new BearerStrategy(async (token) => (operatorToken !== undefined && sameSecret(token, operatorToken) ? { kind: 'operator' } : null));

const apiKeyStrategy = (credentials: CredentialsStore): passport.Strategy =>
  new BearerStrategy(async (token) => {
    const presented = parseApiKey(token);
    const key = presented && (await credentials.openApiKey(presented.keyId, presented.projectId));
    if (!key || !sameSecret(presented.secret, key.secret)) return null;
    credentials.noteUse(key.id);
    const { id, projectId, serviceAccountId, serviceAccountName, roles } = key;
    return { kind: 'api_key', projectId, apiKeyId: id, serviceAccountId, serviceAccountName, roles };
  });

const participantTokenStrategy = (credentials: CredentialsStore, deploymentSecret: string): passport.Strategy =>
  new JwtStrategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      algorithms: ['HS256'],
      secretOrKeyProvider: (_request: IncomingMessage, token: string, done) => {
        const claims = readParticipantToken(token);
        if (!claims) return done(new Error('not a participant token'));
        signingSecretOf(claims, credentials, deploymentSecret).then(
          (secret) => (secret === null ? done(new Error('unknown key or project')) : done(null, Buffer.from(secret))),
          (cause: unknown) => done(new LookupFailed('no answer from the store', { cause })),
        );
      },
    },
    (claims: ParticipantClaims, done: (error: unknown, caller: Caller) => void) =>
      done(null, { kind: 'participant', projectId: claims.sub!, name: claims.name, claims }),
  );

/** What OAuth access tokens are checked against. */
export interface AccessTokenChecks {
  keys: () => Promise<AccessTokenKeys>;
  users: UsersStore;
  revocations: Pick<RevocationsStore, 'isRevoked'>;
  issuer: string;
  audience: string;
}

const accessTokenStrategy = ({ keys, users, revocations, issuer, audience }: AccessTokenChecks): passport.Strategy =>
  new JwtStrategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      algorithms: [ACCESS_TOKEN_ALGORITHM],
      issuer,
      audience,
      secretOrKeyProvider: (_request: IncomingMessage, token: string, done) => {
        const keyId = accessTokenKeyId(token);
        if (keyId === null) return done(new Error('not an access token'));
        keys().then(
          (known) => {
            const key = publicKeysOf(known).get(keyId);
            return key ? done(null, key.export({ type: 'spki', format: 'pem' })) : done(new Error('unknown key'));
          },
          (cause: unknown) => done(new LookupFailed('no answer from the store', { cause })),
        );
      },
    },
    (claims: unknown, done: (error: unknown, caller: Caller | false) => void) => {
      userOf(claims, users, revocations).then((caller) => done(null, caller), done as (error: unknown) => void);
    },
  );

/** A client that acts for itself may call models, and nothing here. */
const userOf = async (claims: unknown, users: UsersStore, revocations: AccessTokenChecks['revocations']): Promise<Caller | false> => {
  const read = toAccessToken(claims);
  if (read.ok && (await revocations.isRevoked(read.token))) return false;
  const known = read.ok && read.token.userId !== null ? await users.find(read.token.userId) : null;
  if (!read.ok || known === null) return false;
  const { id: userId, email, firstName, lastName } = known;
  return { kind: 'user', userId, email, firstName, lastName, clientId: read.token.clientId, scopes: read.token.scopes };
};

/** The ways to prove who one is, tried in this order. */
export const callerStrategies = (
  credentials: CredentialsStore,
  secrets: { operatorToken: string | undefined; deploymentSecret: string },
  accessTokens: AccessTokenChecks,
): Record<string, passport.Strategy> => ({
  'operator-token': operatorStrategy(secrets.operatorToken),
  'api-key': apiKeyStrategy(credentials),
  'participant-token': participantTokenStrategy(credentials, secrets.deploymentSecret),
  'access-token': accessTokenStrategy(accessTokens),
});
