import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { expandScopes } from './oauth-scopes.js';

/** The one algorithm of access tokens. */
export const ACCESS_TOKEN_ALGORITHM = 'RS256';

const MAX_TOKEN_LENGTH = 16 * 1024;
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** `GET /internal/oauth/keys`: what access tokens are verified with, and what they must say. */
export const accessTokenKeysSchema = z.object({
  issuer: z.string(),
  audience: z.string(),
  keys: z.array(z.object({ kid: z.string(), kty: z.literal('RSA'), n: z.string(), e: z.string() })),
});

export type AccessTokenKeys = z.infer<typeof accessTokenKeysSchema>;

/** In `GET /internal/changes` this stands in a project's place: access tokens were revoked. */
export const TOKENS_REVOKED = '00000000-0000-0000-0000-000000000000';

/** `GET /internal/oauth/revoked?after=<sequence>`: what was revoked since, and would still be valid. */
export const revokedTokensSchema = z.object({
  revoked: z.array(z.object({ key: z.string(), expiresAtMs: z.number() })),
  /** What to ask `after` next. */
  next: z.string(),
  /** There is more after `next`. */
  more: z.boolean(),
});

export type RevokedTokens = z.infer<typeof revokedTokensSchema>;

/** What can be revoked: one token, all of what a user once allowed a client, all of a client's. */
export const revocationKeys = {
  token: (tokenId: string): string => `token:${tokenId}`,
  grant: (grantId: string): string => `grant:${grantId}`,
  client: (clientId: string): string => `client:${clientId}`,
};

const accessTokenHeaderSchema = z.object({ alg: z.literal(ACCESS_TOKEN_ALGORITHM), typ: z.literal('at+jwt'), kid: z.string().min(1), crit: z.undefined().optional() });

const accessTokenClaimsSchema = z.object({
  /** User id; the client's id in a token of the client credentials grant. */
  sub: z.string().min(1),
  client_id: z.string().min(1),
  scope: z.string().default(''),
  jti: z.string().optional(),
  /** Of what a user allowed a client, once; tokens of clients that act for themselves have none. */
  grant_id: z.string().optional(),
  /** Seconds since 1970. */
  exp: z.number(),
});

export interface AccessToken {
  /** Null when the client acts for itself. */
  userId: string | null;
  clientId: string;
  /** In the current vocabulary. */
  scopes: ReadonlySet<string>;
  /** The token is not valid any more when one of them is revoked. */
  revocationKeys: readonly string[];
  /** Milliseconds since 1970. */
  expiresAtMs: number;
}

export type VerifiedAccessToken = { ok: true; token: AccessToken } | { ok: false; reason: 'invalid' | 'expired' };

/** The key that the token names, read without verifying; null when it is no access token. Never throws. */
export const accessTokenKeyId = (token: string): string | null => {
  if (token.length > MAX_TOKEN_LENGTH || !COMPACT_JWS.test(token)) return null;
  try {
    const header = accessTokenHeaderSchema.safeParse(JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8')));
    return header.success ? header.data.kid : null;
  } catch {
    return null;
  }
};

/** Public keys by their ids, ready to verify with. */
export const publicKeysOf = ({ keys }: AccessTokenKeys): ReadonlyMap<string, KeyObject> =>
  new Map(keys.map(({ kid, ...jwk }) => [kid, createPublicKey({ key: jwk, format: 'jwk' })]));

/**
 * Signature, issuer, audience and time. Never throws.
 * @param key that `accessTokenKeyId` names
 * @param nowMs milliseconds since 1970
 */
export const verifyAccessToken = (token: string, key: KeyObject, { issuer, audience }: Pick<AccessTokenKeys, 'issuer' | 'audience'>, nowMs: number): VerifiedAccessToken => {
  if (accessTokenKeyId(token) === null || !isSignedWith(token, key)) return { ok: false, reason: 'invalid' };
  try {
    const payload = jwt.verify(token, key, { algorithms: [ACCESS_TOKEN_ALGORITHM], issuer, audience, clockTimestamp: Math.floor(nowMs / 1_000) });
    return toAccessToken(payload);
  } catch (error) {
    return { ok: false, reason: error instanceof jwt.TokenExpiredError ? 'expired' : 'invalid' };
  }
};

/** The library throws, with a stack, at a forged token: as much work again as telling that it is one. */
const isSignedWith = (token: string, key: KeyObject): boolean => {
  const end = token.lastIndexOf('.');
  return verify('sha256', Buffer.from(token.slice(0, end)), key, Buffer.from(token.slice(end + 1), 'base64url'));
};

/** Reads claims that were verified. */
export const toAccessToken = (payload: unknown): VerifiedAccessToken => {
  const claims = accessTokenClaimsSchema.safeParse(payload);
  if (!claims.success) return { ok: false, reason: 'invalid' };
  const { sub, client_id: clientId, scope, exp, jti, grant_id: grantId } = claims.data;
  const keys = [revocationKeys.client(clientId)];
  if (jti !== undefined) keys.push(revocationKeys.token(jti));
  if (grantId !== undefined) keys.push(revocationKeys.grant(grantId));
  return { ok: true, token: { userId: sub === clientId ? null : sub, clientId, scopes: expandScopes(scope), revocationKeys: keys, expiresAtMs: exp * 1_000 } };
};
