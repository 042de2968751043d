import { randomUUID } from 'node:crypto';
import { createLogger } from '@llm-proxy/platform-logging';
import { SecretBox, formatApiKey, mintParticipantToken, newApiKeySecret, parseApiKey, sealedFields } from '@llm-proxy/shared-auth';
import { Refusal } from '../refusals.js';
import { AccessTokenVerifier } from './access-token-verifier.js';
import { Callers } from './callers.js';
import { ControllableSource } from './controllable-source.suite.js';
import { PolicyCache } from './policy-cache.js';

const DEPLOYMENT_SECRET = 'deployment secret of the spec';

describe('callers', () => {
  const projectId = randomUUID();
  const keyId = randomUUID();
  const secret = newApiKeySecret();
  const secretBox = new SecretBox(Buffer.alloc(32, 1));
  const apiKey = formatApiKey({ keyId, projectId, secret });
  const grants = [
    { name: 'room', scope: 'lab' },
    { name: 'api', scope: { llm: { models: ['openai/gpt-4*'] } } },
  ];
  let nowMs: number;
  let source: ControllableSource;
  let policies: PolicyCache;
  let callers: Callers;

  beforeEach(() => {
    nowMs = 1_700_000_000_000;
    source = new ControllableSource();
    const sealedSecret = secretBox.seal(secret, { projectId, field: sealedFields.apiKeySecret(keyId) });
    source.projects.set(projectId, { projectId, enabled: true, apiKeys: [{ id: keyId, serviceAccountId: 'account', sealedSecret }], integrations: {}, llmProxyUserIds: [], llmProxyClientIds: [] });
    policies = new PolicyCache({ source, logger: createLogger('test', 'silent'), maxStaleMs: 1_000 });
    callers = new Callers({ policies, secretBox, accessTokens: new AccessTokenVerifier({ source }), deploymentSecret: DEPLOYMENT_SECRET, nowMs: () => nowMs });
  });
  afterEach(() => policies.stop());

  it('knows an API key, at once the second time', async () => {
    expect(callers.known(apiKey)).toBeUndefined();
    const caller = await callers.identify(apiKey);
    expect(caller).toMatchObject({ credential: 'api_key', apiKeyId: keyId, serviceAccountId: 'account', roomGrant: null, llmGrant: null });
    expect(callers.known(apiKey)).toBe(caller);
  });

  it('knows a participant token that the key’s secret signed', async () => {
    const token = mintParticipantToken({ name: 'anna', sub: projectId, kid: keyId, grants }, secret);
    expect(await callers.identify(token)).toMatchObject({
      credential: 'participant_token',
      participant: 'anna',
      apiKeyId: keyId,
      roomGrant: 'lab',
      llmGrant: { models: ['openai/gpt-4*'] },
    });
  });

  it('knows a token of the deployment, which names no key', async () => {
    const token = mintParticipantToken({ name: 'anna', sub: projectId, grants }, DEPLOYMENT_SECRET);
    expect(await callers.identify(token)).toMatchObject({ participant: 'anna', apiKeyId: null });
    const foreign = mintParticipantToken({ name: 'anna', sub: projectId, grants }, secret);
    expect(await callers.identify(foreign)).toMatchObject({ status: 401 });
  });

  it('a known token ends when its time is over', async () => {
    const token = mintParticipantToken({ name: 'anna', sub: projectId, kid: keyId, grants }, secret, { expiresInSeconds: 60, nowMs });
    expect(await callers.identify(token)).not.toBeInstanceOf(Refusal);
    expect(callers.known(token)).toBeDefined();
    nowMs += 60_000;
    expect(callers.known(token)).toBeUndefined();
    expect(await callers.identify(token)).toMatchObject({ status: 401, code: 'expired_token' });
  });

  it('knows a key that was made a moment ago, and asks little for keys that never were', async () => {
    await callers.identify(apiKey);
    const fresh = { keyId: randomUUID(), projectId, secret: newApiKeySecret() };
    const policy = source.projects.get(projectId)!;
    const sealedSecret = secretBox.seal(fresh.secret, { projectId, field: sealedFields.apiKeySecret(fresh.keyId) });
    source.projects.set(projectId, { ...policy, apiKeys: [...policy.apiKeys, { id: fresh.keyId, serviceAccountId: null, sealedSecret }] });
    expect(await callers.identify(formatApiKey(fresh))).toMatchObject({ apiKeyId: fresh.keyId });

    const asked = source.asked.length;
    const invented = Array.from({ length: 200 }, () => formatApiKey({ ...fresh, keyId: randomUUID() }));
    const answers = await Promise.all(invented.map((key) => callers.identify(key)));
    expect(answers.every((answer) => answer instanceof Refusal)).toBe(true);
    expect(source.asked.length - asked).toBe(1);
  });

  it('asks once for a key that is not there, and again when the project has changed or some time has passed', async () => {
    await callers.identify(apiKey);
    const gone = formatApiKey({ keyId: randomUUID(), projectId, secret: newApiKeySecret() });
    const before = source.asked.length;
    for (let time = 0; time < 3; time++) expect(await callers.identify(gone)).toMatchObject({ status: 401 });
    expect(source.asked.length - before).toBe(1);
    nowMs += 5_000;
    await callers.identify(gone);
    expect(source.asked.length - before).toBe(2);
    const made = parseApiKey(gone)!;
    const sealedSecret = secretBox.seal(made.secret, { projectId, field: sealedFields.apiKeySecret(made.keyId) });
    source.projects.set(projectId, { ...source.projects.get(projectId)!, apiKeys: [{ id: made.keyId, serviceAccountId: null, sealedSecret }] });
    await policies.loadAfresh(projectId);
    expect(await callers.identify(gone)).toMatchObject({ apiKeyId: made.keyId });
  });

  it('a token that names what cannot be a key costs no question', async () => {
    await callers.identify(apiKey);
    const before = source.asked.length;
    expect(await callers.identify(mintParticipantToken({ name: 'anna', sub: projectId, kid: 'x'.repeat(9_000), grants }, secret))).toMatchObject({ status: 401 });
    expect(source.asked).toHaveLength(before);
  });

  it('verified credentials stay known while others make it ask afresh', async () => {
    const caller = await callers.identify(apiKey);
    await callers.identify(formatApiKey({ keyId: randomUUID(), projectId, secret: newApiKeySecret() }));
    expect(callers.known(apiKey)).toBe(caller);
  });

  it('a key that goes ends its tokens and every guess at its secret', async () => {
    const token = mintParticipantToken({ name: 'anna', sub: projectId, kid: keyId, grants }, secret);
    await callers.identify(apiKey);
    await callers.identify(token);
    expect(await callers.identify(formatApiKey({ keyId, projectId, secret: newApiKeySecret() }))).toMatchObject({ status: 401 });
    source.projects.set(projectId, { ...source.projects.get(projectId)!, apiKeys: [] });
    await policies.loadAfresh(projectId);
    expect([callers.known(apiKey), callers.known(token)]).toEqual([undefined, undefined]);
    expect(await callers.identify(apiKey)).toMatchObject({ status: 401 });
    expect(await callers.identify(token)).toMatchObject({ status: 401 });
  });

  it('a key with a wrong checksum costs no question', async () => {
    const [start, end] = [apiKey.slice(0, -4), apiKey.slice(-4)];
    expect(await callers.identify(start + [...end].toReversed().join(''))).toMatchObject({ status: 401 });
    expect([source.asked, source.askedWhichExist]).toEqual([[], []]);
  });

  it('answers a flood of invalid credentials at a pace, and nobody else', async () => {
    const paced = new Callers({ policies, secretBox, accessTokens: new AccessTokenVerifier({ source }), deploymentSecret: null, refusalPace: { perSecond: 50, maxWaiting: 20 } });
    let refused = 0;
    const flood = Array.from({ length: 70 }, () => paced.identify(formatApiKey({ keyId, projectId, secret: newApiKeySecret() })).then(() => refused++));
    expect(await paced.identify(apiKey)).toMatchObject({ apiKeyId: keyId });
    expect(refused).toBeLessThan(70);
    await Promise.all(flood);
  });

  it('without a deployment secret no token of the deployment is known', async () => {
    const strict = new Callers({ policies, secretBox, accessTokens: new AccessTokenVerifier({ source }), deploymentSecret: null });
    expect(await strict.identify(mintParticipantToken({ name: 'anna', sub: projectId, grants }, DEPLOYMENT_SECRET))).toMatchObject({ status: 401 });
  });
});
