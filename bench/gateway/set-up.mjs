import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SecretBox, formatApiKey, newApiKeySecret, sealedFields } from '@llm-proxy/shared-auth';
import { USAGE_TOPIC } from '@llm-proxy/usage-schema';
import { startProcess } from '../processes/start-process.mjs';
import { newTokenIssuer } from './token-issuer.mjs';
import { chatBody, sdkHeaders } from './request-bodies.mjs';
import { openTopicCounter } from './topic-counter.mjs';

/**
 * @typedef {object} Bench
 * @property {import('../processes/start-process.mjs').MeasuredProcess} load
 * @property {import('../processes/start-process.mjs').MeasuredProcess} bare
 * @property {import('../processes/start-process.mjs').MeasuredProcess} plain
 * @property {import('../processes/start-process.mjs').MeasuredProcess} gateway
 * @property {string} upstreamUrl
 * @property {import('../processes/start-process.mjs').MeasuredProcess} accounts
 * @property {string} apiKey
 * @property {import('./token-issuer.mjs').TokenIssuer} issuer
 * @property {Awaited<ReturnType<typeof openTopicCounter>>} events
 * @property {() => Promise<void>} stop
 */

/** One project with one API key, as accounts-api would describe it. */
export const newProject = () => {
  const keyEncryptionKey = randomBytes(32);
  const [projectId, keyId, secret] = [randomUUID(), randomUUID(), newApiKeySecret()];
  const sealedSecret = new SecretBox(keyEncryptionKey).seal(secret, { projectId, field: sealedFields.apiKeySecret(keyId) });
  const policy = { projectId, enabled: true, apiKeys: [{ id: keyId, serviceAccountId: null, sealedSecret }], integrations: {} };
  return { policy, keyEncryptionKey, apiKey: formatApiKey({ keyId, projectId, secret }) };
};

/**
 * Starts everything the gateway is measured with, each part in its own process.
 * @param {string[]} brokers
 * @returns {Promise<Bench>}
 */
export const setUp = async (brokers) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'llm-proxy-bench-'));
  const project = newProject();
  const issuer = newTokenIssuer();
  const at = (/** @type {string} */ file) => new URL(file, import.meta.url);
  const [upstream, accounts, load] = await Promise.all([
    startProcess(at('upstream.mjs'), {}),
    startProcess(at('accounts-stub.mjs'), { policy: project.policy, accessTokenKeys: issuer.keys }),
    startProcess(at('load.mjs'), {}),
  ]);
  const bare = await startProcess(at('bare-relay.mjs'), { upstreamUrl: upstream.ready.url });
  const plain = await startProcess(at('plain-relay.mjs'), { upstreamUrl: upstream.ready.url });
  const settings = {
    PORT: '0',
    HOST: '127.0.0.1',
    SERVICE_CREDENTIAL: randomBytes(32).toString('hex'),
    KEY_ENCRYPTION_KEY: project.keyEncryptionKey.toString('base64'),
    ACCOUNTS_API_URL: accounts.ready.url,
    KAFKA_BROKERS: brokers.join(','),
    // As long as a real one: shorter ones are not looked for in answers.
    OPENAI_API_KEY: `sk-bench-${randomBytes(24).toString('hex')}`,
    OPENAI_BASE_URL: `${upstream.ready.url}/v1`,
    SPOOL_DIR: path.join(folder, 'spool'),
    NODE_ENV: 'production',
  };
  const gateway = await startProcess(at('gateway-process.mjs'), settings);
  const events = await openTopicCounter(brokers, USAGE_TOPIC);
  const stop = async () => {
    for (const part of [load, gateway, plain, bare, accounts, upstream]) await part.stop();
    await events.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { load, bare, plain, gateway, accounts, upstreamUrl: upstream.ready.url, apiKey: project.apiKey, issuer, events, stop };
};

/** @typedef {'direct' | 'bare' | 'plain' | 'gateway'} Target */

/**
 * The same request, addressed to the provider itself or to one of the relays.
 * @param {Bench} bench
 * @param {Target} target
 * @param {{ bytes: number, apiKey?: string, body?: Record<string, unknown>, headers?: Record<string, string> }} options
 * @returns {import('./load.mjs').LoadRequest}
 */
export const chatRequest = (bench, target, { bytes, apiKey = bench.apiKey, body = {}, headers = {} }) => ({
  url: target === 'direct' ? bench.upstreamUrl : bench[target].ready.url,
  path: target === 'gateway' ? '/openai/v1/chat/completions' : '/v1/chat/completions',
  headers: sdkHeaders(apiKey, headers),
  body: chatBody(bytes, body),
});
