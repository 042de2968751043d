import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { credentialKindOf } from './credential-kind.js';
import { agentDefaultApiScope } from './grants.js';
import { mintParticipantToken, readParticipantToken, verifyParticipantToken } from './participant-token.js';

const SECRET = 'super-secret-with-dashes';
const PROJECT = '0f1e2d3c-4b5a-6978-90ab-cdef12345678';
const KEY_ID = '123e4567-e89b-12d3-a456-426614174000';

/** As the public client mints it. */
const GOLDEN = [
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
  'eyJuYW1lIjoic2FtcGxlLXBhcnRpY2lwYW50IiwiZ3JhbnRzIjpbeyJuYW1lIjoicm9sZSIsInNjb3BlIjoiYWdlbnQifSx7Im5hbWUiOiJhcGkiLCJzY29wZSI6eyJsaXZla2l0Ijp7fSwicXVldWVzIjp7fSwibWVzc2FnaW5nIjp7fSwiZGF0YXNldCI6e30sInNxbGl0ZSI6e30sIm1lbW9yeSI6e30sInN5bmMiOnt9LCJzdG9yYWdlIjp7fSwiY29udGFpbmVycyI6e30sImRldmVsb3BlciI6e30sImFnZW50cyI6e30sImxsbSI6e30sInNlcnZpY2VzIjp7fX19LHsibmFtZSI6InJvb20iLCJzY29wZSI6Im15LXJvb20ifV0sInN1YiI6IjBmMWUyZDNjLTRiNWEtNjk3OC05MGFiLWNkZWYxMjM0NTY3OCIsInZlcnNpb24iOiIwLjUwLjEiLCJraWQiOiIxMjNlNDU2Ny1lODliLTEyZDMtYTQ1Ni00MjY2MTQxNzQwMDAifQ',
  'fdy3oGD7Nz3dL0nhzfml1I7PBKe7hUnI2kyF2Tixe80',
].join('.');

const CLAIMS = {
  name: 'sample-participant',
  grants: [
    { name: 'role', scope: 'agent' },
    { name: 'api', scope: agentDefaultApiScope() },
    { name: 'room', scope: 'my-room' },
  ],
  sub: PROJECT,
  version: '0.50.1',
  kid: KEY_ID,
};

const NOW_MS = Date.parse('2026-11-22T12:00:00.900Z');
const NOW_S = Math.floor(NOW_MS / 1000);

const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const signed = (header: unknown, payload: unknown, secret = SECRET): string => {
  const body = `${part(header)}.${part(payload)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
};
const HS256 = { alg: 'HS256', typ: 'JWT' };
const outcome = (token: string, secret = SECRET, nowMs = NOW_MS): string => {
  const verified = verifyParticipantToken(token, secret, nowMs);
  return verified.ok ? 'ok' : verified.reason;
};

describe('participant token', () => {
  it('is minted byte for byte as the public client does', () => {
    expect(mintParticipantToken(CLAIMS, SECRET)).toBe(GOLDEN);
  });

  it('is verified with the secret of the key that it names', () => {
    expect(verifyParticipantToken(GOLDEN, SECRET, NOW_MS)).toEqual({ ok: true, claims: CLAIMS });
    expect(outcome(GOLDEN, 'another secret')).toBe('bad_signature');
    expect(outcome(GOLDEN, '')).toBe('bad_signature');
  });

  it('expires, when it says so, at the second it says', () => {
    const token = mintParticipantToken(CLAIMS, SECRET, { expiresInSeconds: 60, nowMs: NOW_MS });
    expect(readParticipantToken(token)?.exp).toBe(NOW_S + 60);
    expect(outcome(token, SECRET, (NOW_S + 59) * 1000)).toBe('ok');
    expect(outcome(token, SECRET, (NOW_S + 60) * 1000)).toBe('expired');
  });

  it('is not valid before nbf', () => {
    const token = mintParticipantToken({ ...CLAIMS, nbf: NOW_S + 5 }, SECRET);
    expect(outcome(token, SECRET, NOW_MS)).toBe('not_yet_valid');
    expect(outcome(token, SECRET, (NOW_S + 5) * 1000)).toBe('ok');
  });

  it('takes no other algorithm, however well signed', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const body = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(CLAIMS)}`;
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(outcome(`${body}.${sign('sha256', Buffer.from(body), privateKey).toString('base64url')}`, pem)).toBe('algorithm');
    expect(outcome(`${part({ alg: 'none' })}.${part(CLAIMS)}.`)).toBe('algorithm');
    expect(outcome(signed({ alg: 'HS512' }, CLAIMS))).toBe('algorithm');
    expect(outcome(signed({ alg: 'hs256' }, CLAIMS))).toBe('algorithm');
    expect(outcome(signed({ typ: 'JWT' }, CLAIMS))).toBe('algorithm');
    expect(outcome(signed({ ...HS256, crit: ['exp'] }, CLAIMS))).toBe('malformed');
  });

  it('needs a name and whole grants, and keeps claims it does not know', () => {
    expect(outcome(signed(HS256, { ...CLAIMS, name: '' }))).toBe('malformed');
    expect(outcome(signed(HS256, { ...CLAIMS, name: 7 }))).toBe('malformed');
    expect(outcome(signed(HS256, { ...CLAIMS, grants: {} }))).toBe('malformed');
    expect(outcome(signed(HS256, { ...CLAIMS, grants: [{ name: 'room' }] }))).toBe('malformed');
    expect(outcome(signed(HS256, { ...CLAIMS, grants: [{ scope: 'room' }] }))).toBe('malformed');
    expect(outcome(signed(HS256, { ...CLAIMS, exp: 'tomorrow' }))).toBe('malformed');
    expect(outcome(signed(HS256, [1]))).toBe('malformed');
    const extra = verifyParticipantToken(signed(HS256, { name: 'n', grants: [], sub: null, version: 36, team: { a: 1 } }), SECRET, NOW_MS);
    expect(extra).toMatchObject({ ok: true, claims: { name: 'n', grants: [], team: { a: 1 } } });
  });

  it('is bounded in size', () => {
    expect(outcome(mintParticipantToken({ ...CLAIMS, pad: 'x'.repeat(11_000) }, SECRET))).toBe('ok');
    const big = mintParticipantToken({ ...CLAIMS, pad: 'x'.repeat(13_000) }, SECRET);
    expect(outcome(big)).toBe('malformed');
    expect(readParticipantToken(big)).toBeNull();
  });

  it('no longer verifies when any character changes', () => {
    fc.assert(
      fc.property(fc.nat(GOLDEN.length - 2), fc.constantFrom(...'ABCxyz019-_.'), (at, char) => {
        const changed = GOLDEN.slice(0, at) + char + GOLDEN.slice(at + 1);
        if (changed !== GOLDEN) expect(outcome(changed)).not.toBe('ok');
      }),
    );
  });

  it('never throws on garbage', () => {
    const pieces = fc.oneof(fc.base64String(), fc.json().map(part), fc.string());
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 4 }), (parts) => {
        expect(outcome(parts.join('.'))).not.toBe('ok');
        expect(['oauth_token', 'participant_token']).toContain(credentialKindOf(parts.join('.')));
      }),
    );
  });
});

describe('kind of a credential', () => {
  it('is told by its look, in order', () => {
    expect(credentialKindOf('ma-anything')).toBe('api_key');
    expect(credentialKindOf(GOLDEN)).toBe('participant_token');
    expect(credentialKindOf(signed(HS256, { sub: 'user', scope: 'llm_proxy' }))).toBe('oauth_token');
    expect(credentialKindOf('opaque')).toBe('oauth_token');
    expect(credentialKindOf('')).toBe('oauth_token');
  });
});
