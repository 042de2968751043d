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

const accessTokenHeaderSchema = z.object({ alg: z.literal(ACCESS_TOKEN_ALGORITHM), typ: z.literal('at+jwt'), kid: z.string().min(1), crit: z.undefined().optional() });

const accessTokenClaimsSchema = z.object({
  /** User id; the client's id in a token of the client credentials grant. */
  sub: z.string().min(1),
  client_id: z.string().min(1),
  scope: z.string().default(''),
  /** Seconds since 1970. */
  exp: z.number(),
});

export interface AccessToken {
  /** Null when the client acts for itself. */
  userId: string | null;
  clientId: string;
  /** In the current vocabulary. */
  scopes: ReadonlySet<string>;
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
  const { sub, client_id: clientId, scope, exp } = claims.data;
  return { ok: true, token: { userId: sub === clientId ? null : sub, clientId, scopes: expandScopes(scope), expiresAtMs: exp * 1_000 } };
};
