import { randomUUID } from 'node:crypto';
import { createLogger } from '@llm-proxy/platform-logging';
import { type ProjectPolicy, SecretBox, formatApiKey, newApiKeySecret, sealedFields } from '@llm-proxy/shared-auth';
import { providers } from '../providers/index.js';
import { Upstreams } from '../relay/upstreams.js';
import { AccessTokenVerifier } from './access-token-verifier.js';
import { Callers } from './callers.js';
import { ControllableSource } from './controllable-source.suite.js';
import { PolicyCache } from './policy-cache.js';

export interface ManagedProviders {
  /** Of every provider. */
  providerUrl: string;
  providerKey: string;
}

/** A project with an API key, known from a policy source in memory, and the deployment's own providers. */
export const startKnownProject = ({ providerUrl, providerKey }: ManagedProviders) => {
  const projectId = randomUUID();
  const keyId = randomUUID();
  const secret = newApiKeySecret();
  const secretBox = new SecretBox(Buffer.alloc(32, 1));
  const logger = createLogger('test', 'silent');
  const source = new ControllableSource();
  const policy: ProjectPolicy = {
    projectId,
    enabled: true,
    apiKeys: [{ id: keyId, serviceAccountId: null, sealedSecret: secretBox.seal(secret, { projectId, field: sealedFields.apiKeySecret(keyId) }) }],
    integrations: {},
    llmProxyUserIds: [],
    llmProxyClientIds: [],
  };
  source.projects.set(projectId, policy);
  const policies = new PolicyCache({ source, logger, maxStaleMs: 60_000 });
  policies.start();
  const upstreams = new Upstreams({
    managed: Object.fromEntries(providers.map(({ name }) => [name, { baseUrl: providerUrl, apiKey: providerKey }])),
    secretBox,
    allowPrivateUpstreams: [],
    timeouts: { connectMs: 1_000, firstByteMs: 10_000, idleMs: 10_000 },
    connectionsPerOrigin: 4,
  });
  return {
    projectId,
    keyId,
    secret,
    apiKey: formatApiKey({ keyId, projectId, secret }),
    logger,
    source,
    policy,
    policies,
    upstreams,
    callers: new Callers({ policies, secretBox, accessTokens: new AccessTokenVerifier({ source }), deploymentSecret: null }),
    close: async () => {
      await policies.stop();
      await upstreams.close();
    },
  };
};
