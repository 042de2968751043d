// The gateway's own function that turns a credential into a caller, alone in a process: no HTTP, no provider, no stream.
import { randomBytes, randomUUID } from 'node:crypto';
import { createLogger } from '@llm-proxy/platform-logging';
import { SecretBox, mintParticipantToken, formatApiKey, newApiKeySecret, sealedFields } from '@llm-proxy/shared-auth';
import { AccessTokenVerifier } from '../../apps/gateway/dist/credentials/access-token-verifier.js';
import { Callers } from '../../apps/gateway/dist/credentials/callers.js';
import { PolicyCache } from '../../apps/gateway/dist/credentials/policy-cache.js';
import { invalidCredentials } from '../flood/invalid-credentials.mjs';
import { newTokenIssuer } from '../gateway/token-issuer.mjs';
import { answerParent } from '../processes/answer-parent.mjs';

/** So many of each kind in turn, so that nothing is found in the processor's cache that would not be there in production. */
const CREDENTIALS = 1_000;
const TOKEN_LIFE_S = 3_600;

/** @param {SecretBox} secretBox @returns {Project[]} */
const newProjects = (secretBox) =>
  Array.from({ length: CREDENTIALS }, () => {
    const [projectId, keyId, secret, userId] = [randomUUID(), randomUUID(), newApiKeySecret(), randomUUID()];
    const sealedSecret = secretBox.seal(secret, { projectId, field: sealedFields.apiKeySecret(keyId) });
    const policy = { projectId, enabled: true, apiKeys: [{ id: keyId, serviceAccountId: null, sealedSecret }], integrations: {}, llmProxyUserIds: [userId], llmProxyClientIds: [] };
    return { projectId, keyId, secret, userId, policy };
  });

/**
 * @typedef {object} Project
 * @property {string} projectId
 * @property {string} keyId
 * @property {string} secret
 * @property {string} userId
 * @property {import('@llm-proxy/shared-auth').ProjectPolicy} policy
 */

/** @param {Project[]} projects @param {import('../gateway/token-issuer.mjs').TokenIssuer} issuer */
const sourceOf = (projects, issuer) => {
  const policies = new Map(projects.map(({ projectId, policy }) => [projectId, policy]));
  return {
    project: async (/** @type {string} */ id) => policies.get(id) ?? null,
    existingProjects: async (/** @type {string[]} */ ids) => ids.filter((id) => policies.has(id)),
    room: async () => null,
    changes: async () => ({ changes: [], next: '1' }),
    reportKeyUse: async () => undefined,
    accessTokenKeys: async () => issuer.keys,
    revokedTokens: async () => ({ revoked: [], next: '1', more: false }),
    close: async () => undefined,
  };
};

const grants = [
  { name: 'room', scope: 'lab' },
  { name: 'api', scope: { llm: { models: ['openai/gpt-*'] } } },
];

const build = () => {
  const secretBox = new SecretBox(randomBytes(32));
  const issuer = newTokenIssuer();
  const projects = newProjects(secretBox);
  const source = sourceOf(projects, issuer);
  const policies = new PolicyCache({ source, logger: createLogger('bench', 'silent'), maxStaleMs: 3_600_000 });
  const newCallers = () => new Callers({ policies, secretBox, accessTokens: new AccessTokenVerifier({ source }), deploymentSecret: null, refusalPace: { maxWaiting: 0 } });
  const participantTokenOf = (/** @type {Project} */ { projectId, keyId, secret }) =>
    mintParticipantToken({ name: 'anna', sub: projectId, kid: keyId, grants }, secret, { expiresInSeconds: TOKEN_LIFE_S });
  const of = (/** @type {(project: Project) => string} */ credential, /** @type {(project: Project) => string | null} */ projectIdOf = () => null) =>
    projects.map((project) => ({ bytes: Buffer.from(credential(project), 'latin1'), projectId: projectIdOf(project) }));
  const valid = {
    'API key': of(formatApiKey),
    'participant token': of(participantTokenOf),
    'OAuth access token': of(({ userId }) => issuer.accessTokenOf(userId), ({ projectId }) => projectId),
  };
  const invalid = Object.entries(invalidCredentials).map(([kind, make]) => {
    const attacked = /** @type {Project} */ (projects[0]);
    const next = make({ ...attacked, accessToken: issuer.accessTokenOf(attacked.userId) });
    return { kind, list: Array.from({ length: CREDENTIALS }, () => ({ bytes: Buffer.from(next(), 'latin1'), projectId: null })) };
  });
  return { newCallers, valid, invalid };
};

const cpuUsOf = async (/** @type {() => unknown} */ work) => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
};

/** @typedef {{ bytes: Buffer, projectId: string | null }[]} Presented */

// A credential comes out of the HTTP parser as a new string every time; making that string is not the verification, and is taken off.
const presentAll = (/** @type {Presented} */ list, /** @type {number} */ times) => {
  let characters = 0;
  for (let time = 0; time < times; time++) for (const { bytes } of list) characters += bytes.toString('latin1').length;
  return characters;
};

/** @param {Callers} callers @param {Presented} list @param {number} times */
const lookUpAll = (callers, list, times) => {
  for (let time = 0; time < times; time++) {
    for (const { bytes, projectId } of list) if (callers.known(bytes.toString('latin1'), projectId) === undefined) throw new Error('a known credential is not known');
  }
};

/** @param {Callers} callers @param {Presented} list */
const identifyAll = async (callers, list) => {
  for (const { bytes, projectId } of list) await callers.identify(bytes.toString('latin1'), projectId);
};

/** @param {{ times: number, kind: string }} options */
const measureValid = async ({ times, kind }) => {
  const list = parts.valid[/** @type {keyof typeof parts.valid} */ (kind)];
  // What a call to a project costs that was never seen is the loading of its policy.
  await identifyAll(parts.newCallers(), list);
  const callers = parts.newCallers();
  const firstUs = (await cpuUsOf(() => identifyAll(callers, list))) / list.length;
  const count = list.length * times;
  const knownUs = ((await cpuUsOf(() => lookUpAll(callers, list, times))) - (await cpuUsOf(() => presentAll(list, times)))) / count;
  return { firstUs, knownUs };
};

/** @param {{ times: number, kind: string }} options */
const measureInvalid = async ({ times, kind }) => {
  const { list } = /** @type {{ list: Presented }} */ (parts.invalid.find((one) => one.kind === kind));
  const callers = parts.newCallers();
  const us = await cpuUsOf(async () => {
    for (let time = 0; time < times; time++) await identifyAll(callers, list);
  });
  return us / (times * list.length);
};

/** @type {ReturnType<typeof build>} */
let parts;

answerParent({
  start: () => {
    parts = build();
    return { valid: Object.keys(parts.valid), invalid: parts.invalid.map(({ kind }) => kind) };
  },
  measureValid,
  measureInvalid,
});
