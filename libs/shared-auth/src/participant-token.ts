import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';

/** Clients write their own release here and read nothing into it; tokens minted here say what they were made for. */
export const PARTICIPANT_TOKEN_VERSION = '0.50.1';

/** Longer texts are not looked at. */
const MAX_TOKEN_LENGTH = 16 * 1024;

const COMPACT_JWS = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/;

const absentOrText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

const grantSchema = z.object({ name: z.string(), scope: z.unknown() }).refine((grant) => grant.scope !== undefined, 'scope is missing');

/** Lenient where clients differ: unknown claims are kept, and only what decides about access must have its type. */
const participantClaimsSchema = z.looseObject({
  /** Identity of the participant. */
  name: z.string().min(1),
  grants: z.array(grantSchema),
  /** Project id. */
  sub: absentOrText,
  /** Id of the API key whose secret signed the token; absent when the deployment secret did. */
  kid: absentOrText,
  version: z.string().optional().catch(undefined),
  /** Seconds since 1970. Many clients set none. */
  exp: z.number().optional(),
  nbf: z.number().optional(),
  iat: z.number().optional(),
});

export type ParticipantClaims = z.infer<typeof participantClaimsSchema>;
export type Grant = ParticipantClaims['grants'][number];

/** What a token is minted from: grants need a name and a scope, the rest is up to the caller. */
export interface NewParticipantClaims {
  name: string;
  grants: { name: string; scope: unknown }[];
  sub?: string;
  kid?: string;
  version?: string;
  [claim: string]: unknown;
}

export interface MintOptions {
  /** Without it the token has no `exp` and lives as long as the key that signed it. */
  expiresInSeconds?: number;
  /** Milliseconds since 1970. @default Date.now() */
  nowMs?: number;
}

export type RefusedToken = { ok: false; reason: 'malformed' | 'bad_signature' | 'expired' | 'not_yet_valid' | 'algorithm' };
export type VerifiedToken = { ok: true; claims: ParticipantClaims } | RefusedToken;

/**
 * HS256 over the claims in the order given.
 * @param secret of the API key named by `kid`, else the deployment's
 */
export const mintParticipantToken = (claims: NewParticipantClaims, secret: string, options: MintOptions = {}): string => {
  const { expiresInSeconds, nowMs = Date.now() } = options;
  const exp = expiresInSeconds === undefined ? {} : { exp: Math.floor(nowMs / 1000) + expiresInSeconds };
  return jwt.sign({ ...claims, ...exp }, hmacKeyOf(secret), { algorithm: 'HS256', noTimestamp: true });
};

/** The claims as they stand, NOT verified: good for finding the key to verify with, and for nothing else. Never throws. */
export const readParticipantToken = (token: string): ParticipantClaims | null => {
  const parsed = participantClaimsSchema.safeParse(decodeToken(token)?.payload);
  return parsed.success ? parsed.data : null;
};

/**
 * Signature first, then `exp` and `nbf`. Never throws.
 * @param secret as text, or what `hmacKeyOf` made of it
 * @param nowMs milliseconds since 1970
 */
export const verifyParticipantToken = (token: string, secret: string | KeyObject, nowMs: number): VerifiedToken => {
  const decoded = decodeToken(token);
  const claims = participantClaimsSchema.safeParse(decoded?.payload);
  if (!decoded || !claims.success || decoded.header['crit'] !== undefined) return { ok: false, reason: 'malformed' };
  if (decoded.header['alg'] !== 'HS256') return { ok: false, reason: 'algorithm' };
  const key = typeof secret === 'string' ? hmacKeyOf(secret) : secret;
  if (key.symmetricKeySize === 0 || !isSignedWith(token, key)) return { ok: false, reason: 'bad_signature' };
  try {
    jwt.verify(token, key, { algorithms: ['HS256'], clockTimestamp: Math.floor(nowMs / 1000) });
    return { ok: true, claims: claims.data };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
};

/** True when the text is a JWT that calls itself a participant token, valid or not. */
export const looksLikeParticipantToken = (token: string): boolean => {
  const payload = decodeToken(token)?.payload;
  return payload !== undefined && 'name' in payload && 'grants' in payload;
};

/** A secret, ready to verify with. The library, given a string, would first try to read it as a public key. */
export const hmacKeyOf = (secret: string): KeyObject => createSecretKey(secret, 'utf8');

/** The library throws, with a stack, at a forged token: many times the work of telling that it is one. */
const isSignedWith = (token: string, key: KeyObject): boolean => {
  const end = token.lastIndexOf('.');
  const expected = createHmac('sha256', key).update(token.slice(0, end)).digest();
  const presented = Buffer.from(token.slice(end + 1), 'base64url');
  return presented.length === expected.length && timingSafeEqual(presented, expected);
};

const reasonOf = (error: unknown): RefusedToken['reason'] => {
  if (error instanceof jwt.TokenExpiredError) return 'expired';
  if (error instanceof jwt.NotBeforeError) return 'not_yet_valid';
  return 'bad_signature';
};

const decodeToken = (token: string): { header: Record<string, unknown>; payload: Record<string, unknown> } | null => {
  if (token.length > MAX_TOKEN_LENGTH) return null;
  const parts = COMPACT_JWS.exec(token);
  const header = parts && jsonObject(parts[1]!);
  const payload = parts && jsonObject(parts[2]!);
  return header && payload ? { header, payload } : null;
};

const jsonObject = (part: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};
