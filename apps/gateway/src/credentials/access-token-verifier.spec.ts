import { generateKeyPairSync, randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { createLogger } from '@llm-proxy/platform-logging';
import { SecretBox, TOKENS_REVOKED } from '@llm-proxy/shared-auth';
import { Refusal } from '../refusals.js';
import { AccessTokenVerifier, KeysUnavailableError } from './access-token-verifier.js';
import { Callers } from './callers.js';
import { ControllableSource } from './controllable-source.suite.js';
import { PolicyCache } from './policy-cache.js';
import { Revocations } from './revocations.js';

const newKey = (kid: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' }) as { n: string; e: string };
  return { kid, privateKey, jwk: { kid, kty: 'RSA' as const, n, e } };
};
const first = newKey('first');
const second = newKey('second');

describe('OAuth callers', () => {
  const projectId = randomUUID();
  let nowMs: number;
  let source: ControllableSource;
  let policies: PolicyCache;
  let verifier: AccessTokenVerifier;
  let callers: Callers;

  beforeEach(() => {
    nowMs = 1_700_000_000_000;
    source = new ControllableSource();
    source.tokenKeys.keys = [first.jwk];
    source.projects.set(projectId, { projectId, enabled: true, apiKeys: [], integrations: {}, llmProxyUserIds: ['ann'], llmProxyClientIds: ['job'] });
    verifier = new AccessTokenVerifier({ source });
    policies = new PolicyCache({ source, revocations: verifier.revocations, logger: createLogger('test', 'silent'), maxStaleMs: 1_000_000, nowMs: () => nowMs });
    callers = new Callers({ policies, secretBox: new SecretBox(Buffer.alloc(32, 1)), accessTokens: verifier, deploymentSecret: null, nowMs: () => nowMs });
  });
  afterEach(() => policies.stop());

  const tokenOf = (claims: object = {}, { kid, privateKey } = first) =>
    jwt.sign({ iss: 'https://llm.example.com', aud: 'https://llm.example.com/api', sub: 'ann', client_id: 'cli', scope: 'llm_proxy', exp: nowMs / 1_000 + 3_600, ...claims }, privateKey, {
      algorithm: 'RS256',
      header: { alg: 'RS256', typ: 'at+jwt', kid },
    });
  const keysAsked = () => source.asked.filter((what) => what === 'keys').length;

  it('knows a member with the scope, at once the second time, for one project', async () => {
    const token = tokenOf();
    expect(callers.known(token, projectId)).toBeUndefined();
    const caller = await callers.identify(token, projectId);
    expect(caller).toMatchObject({ credential: 'oauth_token', userId: 'ann', participant: null, apiKeyId: null, roomGrant: null, llmGrant: null });
    expect(callers.known(token, projectId)).toBe(caller);
    expect(callers.known(token)).toBeUndefined();
    expect(callers.known(token, randomUUID())).toBeUndefined();
    nowMs += 3_600_000;
    expect(callers.known(token, projectId)).toBeUndefined();
    expect(await callers.identify(token, projectId)).toMatchObject({ status: 401, code: 'expired_token' });
  });

  it('newer scope names are as good, and a client may act for itself', async () => {
    expect(await callers.identify(tokenOf({ scope: 'llm:invoke' }), projectId)).toMatchObject({ userId: 'ann' });
    expect(await callers.identify(tokenOf({ sub: 'job', client_id: 'job' }), projectId)).toMatchObject({ userId: null, participant: 'job' });
    expect(await callers.identify(tokenOf({ sub: 'cli' }), projectId)).toMatchObject({ status: 403 });
  });

  it.each([
    ['no project', {}, null, 400, 'Meshagent-Project-Id'],
    ['another scope', { scope: 'profile rooms:read' }, projectId, 403, 'llm_proxy'],
    ['nobody of the project', { sub: 'bob' }, projectId, 403, 'can_use_llm_proxy'],
    ['a project that does not exist', {}, randomUUID(), 403, 'can_use_llm_proxy'],
    ['what is no project id', {}, "' OR 1=1", 403, 'can_use_llm_proxy'],
    ['another audience', { aud: 'cli' }, projectId, 401, 'not valid'],
  ])('refuses %s, and says what to do', async (_, claims, project, status, says) => {
    const refusal = await callers.identify(tokenOf(claims), project);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ status, message: expect.stringContaining(says) });
  });

  it('a removed member is refused when the change is heard of', async () => {
    const token = tokenOf();
    policies.start();
    await callers.identify(token, projectId);
    while (!source.waiting) await new Promise(setImmediate);
    source.projects.set(projectId, { ...source.projects.get(projectId)!, llmProxyUserIds: [] });
    source.announce(projectId);
    while (callers.known(token, projectId) !== undefined) await new Promise(setImmediate);
    expect(await callers.identify(token, projectId)).toMatchObject({ status: 403 });
  });

  it.each([
    ['token', 'token:t1'],
    ['grant', 'grant:g1'],
    ['client', 'client:cli'],
  ])('a revoked %s is refused when it is heard of, others are not, and only what is new is asked for', async (_, key) => {
    const later = Date.now() + 3_600_000;
    source.revoked.push({ key: 'token:other', expiresAtMs: later });
    const token = tokenOf({ jti: 't1', grant_id: 'g1' });
    const other = tokenOf({ jti: 't2', grant_id: 'g2', client_id: 'another' });
    policies.start();
    for (const one of [token, other]) expect(await callers.identify(one, projectId)).toMatchObject({ userId: 'ann' });
    while (!source.waiting) await new Promise(setImmediate);
    source.revokedPerAnswer = 1;
    source.revoked.push({ key: 'token:yet-another', expiresAtMs: later }, { key, expiresAtMs: later });
    source.announce(TOKENS_REVOKED);
    while (callers.known(token, projectId) !== undefined) await new Promise(setImmediate);
    expect(await callers.identify(token, projectId)).toMatchObject({ status: 401 });
    expect(callers.known(other, projectId)).toBeDefined();
    expect(source.asked.filter((what) => what.startsWith('revoked')).slice(-2)).toEqual(['revoked after 1', 'revoked after 2']);
  });

  it('what was revoked while nobody listened is asked for; a failed answer is asked for again', async () => {
    const token = tokenOf({ jti: 't1' });
    policies.start();
    await callers.identify(token, projectId);
    while (!source.waiting) await new Promise(setImmediate);
    source.setAway(true);
    source.revoked.push({ key: 'token:t1', expiresAtMs: Date.now() + 3_600_000 });
    while (source.lostContacts === 0) await new Promise(setImmediate);
    expect(callers.known(token, projectId)).toBeDefined();
    source.setAway(false);
    while (callers.known(token, projectId) !== undefined) await new Promise(setImmediate);
  });

  it('revoked tokens are forgotten when they would have ended', async () => {
    const revocations = new Revocations({ source, nowMs: () => nowMs });
    source.revoked.push({ key: 'token:t1', expiresAtMs: nowMs + 1_000 });
    await revocations.ready();
    expect(revocations.includes(['client:x', 'token:t1'])).toBe(true);
    nowMs += 1_000;
    revocations.refresh();
    while (revocations.includes(['token:t1'])) await new Promise(setImmediate);
    await revocations.stop();
  });

  it('a new key is asked for when a token names it; keys that never were cost one question in a while', async () => {
    await verifier.verify(tokenOf(), nowMs);
    source.tokenKeys.keys = [first.jwk, second.jwk];
    nowMs += 10_000;
    expect((await verifier.verify(tokenOf({}, second), nowMs)).ok).toBe(true);
    const asked = keysAsked();
    nowMs += 10_000;
    const invented = await Promise.all(Array.from({ length: 200 }, (_, index) => verifier.verify(tokenOf({}, { ...first, kid: `invented ${index}` }), nowMs)));
    expect(invented.every(({ ok }) => !ok)).toBe(true);
    expect(keysAsked() - asked).toBe(1);
    await Promise.all(['', 'x', 'a.b.c', 'x'.repeat(20_000)].map((garbage) => verifier.verify(garbage, nowMs + 100_000)));
    expect(keysAsked() - asked).toBe(1);
  });

  it('while accounts-api is away known keys go on working, and unknown ones are no verdict', async () => {
    await verifier.verify(tokenOf(), nowMs);
    source.away = true;
    nowMs += 10 * 60_000;
    expect((await verifier.verify(tokenOf(), nowMs)).ok).toBe(true);
    nowMs += 10_000;
    await expect(verifier.verify(tokenOf({}, second), nowMs)).rejects.toThrow(KeysUnavailableError);
    const fresh = new Callers({ policies, secretBox: new SecretBox(Buffer.alloc(32, 1)), accessTokens: new AccessTokenVerifier({ source }), deploymentSecret: null, nowMs: () => nowMs });
    expect(await fresh.identify(tokenOf(), projectId)).toMatchObject({ status: 503 });
  });
});
