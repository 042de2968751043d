import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { accessTokenKeyId, publicKeysOf, verifyAccessToken } from './access-token.js';
import { credentialKindOf } from './credential-kind.js';

const NOW_MS = Date.parse('2026-11-22T12:00:00Z');
const NOW_S = NOW_MS / 1_000;
const EXPECTED = { issuer: 'https://llm.example.com', audience: 'https://llm.example.com/api' };
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const CLAIMS = { iss: EXPECTED.issuer, aud: EXPECTED.audience, sub: 'user', client_id: 'client', scope: 'llm_proxy', exp: NOW_S + 60 };

const sign = (claims: object = CLAIMS, header: object = {}, key: KeyObject = pair.privateKey): string =>
  jwt.sign(claims, key, { algorithm: 'RS256', header: { alg: 'RS256', typ: 'at+jwt', kid: 'k', ...header }, noTimestamp: true });
const outcome = (token: string, nowMs = NOW_MS) => {
  const verified = verifyAccessToken(token, pair.publicKey, EXPECTED, nowMs);
  return verified.ok ? 'ok' : verified.reason;
};

describe('access token', () => {
  it('says who, for which client, with which scopes, until when', () => {
    expect(verifyAccessToken(sign(), pair.publicKey, EXPECTED, NOW_MS)).toEqual({
      ok: true,
      token: { userId: 'user', clientId: 'client', scopes: new Set(['llm:invoke', 'llm:usage.read']), revocationKeys: ['client:client'], expiresAtMs: NOW_MS + 60_000 },
    });
    expect(verifyAccessToken(sign({ ...CLAIMS, sub: 'client' }), pair.publicKey, EXPECTED, NOW_MS)).toMatchObject({ token: { userId: null } });
    expect(credentialKindOf(sign())).toBe('oauth_token');
  });

  it('says what it ends with: its client, itself, and what its user once allowed', () => {
    const verified = verifyAccessToken(sign({ ...CLAIMS, jti: 't', grant_id: 'g' }), pair.publicKey, EXPECTED, NOW_MS);
    expect(verified).toMatchObject({ ok: true, token: { revocationKeys: ['client:client', 'token:t', 'grant:g'] } });
    for (const claims of [{ jti: 7 }, { grant_id: {} }]) expect(outcome(sign({ ...CLAIMS, ...claims }))).toBe('invalid');
  });

  it('is verified with the key that it names', () => {
    const keys = publicKeysOf({ ...EXPECTED, keys: [{ ...(pair.publicKey.export({ format: 'jwk' }) as { n: string; e: string }), kty: 'RSA', kid: 'k' }] });
    expect(verifyAccessToken(sign(), keys.get(accessTokenKeyId(sign())!)!, EXPECTED, NOW_MS).ok).toBe(true);
  });

  it('is refused when anything about it is not as it must be', () => {
    const { exp: _, ...eternal } = CLAIMS;
    const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const wrong = {
      'another key': sign(CLAIMS, {}, other.privateKey),
      'another issuer': sign({ ...CLAIMS, iss: 'https://evil.example.com' }),
      'another audience': sign({ ...CLAIMS, aud: 'client' }),
      'no audience': sign({ ...CLAIMS, aud: undefined }),
      'no end': sign(eternal),
      'not yet valid': sign({ ...CLAIMS, nbf: NOW_S + 30 }),
      'an ID token': sign(CLAIMS, { typ: 'JWT' }),
      'no key id': sign(CLAIMS, { kid: undefined }),
      'critical header': sign(CLAIMS, { crit: ['x'] }),
      'HS256 with the public key': jwt.sign(CLAIMS, Buffer.from(publicPem), { algorithm: 'HS256', header: { alg: 'HS256', typ: 'at+jwt', kid: 'k' } }),
      'RS512': jwt.sign(CLAIMS, pair.privateKey, { algorithm: 'RS512', header: { alg: 'RS512', typ: 'at+jwt', kid: 'k' } }),
      'none': `${part({ alg: 'none', typ: 'at+jwt', kid: 'k' })}.${part(CLAIMS)}.`,
      'none, said to be RS256': `${part({ alg: 'RS256', typ: 'at+jwt', kid: 'k' })}.${part(CLAIMS)}.AAAA`,
      'tampered': sign().replace(/\.[^.]+\./, `.${part({ ...CLAIMS, sub: 'admin' })}.`),
      'too long': sign({ ...CLAIMS, scope: 'x'.repeat(20_000) }),
    };
    for (const [what, token] of Object.entries(wrong)) expect({ what, outcome: outcome(token) }).toEqual({ what, outcome: 'invalid' });
    expect(outcome(sign(), NOW_MS + 60_000)).toBe('expired');
  });

  it('refuses any text without throwing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(outcome(text)).toBe('invalid')));
    fc.assert(fc.property(fc.json(), (json) => expect(accessTokenKeyId(`${Buffer.from(json).toString('base64url')}.e30.AA`)).toBeNull()));
  });
});
