import path from 'node:path';
import type { Logger } from '@llm-proxy/platform-logging';
import { loadPriceBook } from '@llm-proxy/pricing';
import { SecretBox } from '@llm-proxy/shared-auth';
import { USAGE_TOPIC } from '@llm-proxy/usage-schema';
import { type UsageStream, createUsageStream } from '@llm-proxy/usage-stream';
import { CurrentPrices } from './admission/prices.js';
import { AccessTokenVerifier } from './credentials/access-token-verifier.js';
import { Callers } from './credentials/callers.js';
import { PolicyCache } from './credentials/policy-cache.js';
import { accountsPolicySource } from './credentials/policy-source.js';
import type { GatewayConfig } from './gateway.config.js';
import { providers } from './providers/index.js';
import { Relay } from './relay/relay.js';
import { Upstreams } from './relay/upstreams.js';
import { Spool } from './usage/spool.js';
import { UsagePublisher } from './usage/usage-publisher.js';

/** The parts of one gateway process that hold something open. */
export interface GatewayParts {
  relay: Relay;
  policies: PolicyCache;
  upstreams: Upstreams;
  usage: UsagePublisher;
  stream: UsageStream;
}

/** Builds the parts from the inside out. `slot` numbers the workers of one machine; each spools into a folder of its own. */
export const buildParts = async (config: GatewayConfig, slot: number, logger: Logger): Promise<GatewayParts> => {
  const secretBox = new SecretBox(config.KEY_ENCRYPTION_KEY);
  const source = accountsPolicySource(config.ACCOUNTS_API_URL, config.SERVICE_CREDENTIAL);
  const policies = new PolicyCache({
    source,
    logger,
    maxStaleMs: config.POLICY_MAX_STALE_MS,
  });
  const stream = createUsageStream({
    kafkaBrokers: config.KAFKA_BROKERS,
    databaseUrl: config.DATABASE_URL,
    clientId: 'gateway',
    logger,
    publishTimeoutMs: config.PUBLISH_TIMEOUT_MS,
  });
  await stream.connect([USAGE_TOPIC]);
  const spool = await Spool.open({ directory: path.join(config.SPOOL_DIR, String(slot)), maxBytes: config.SPOOL_MAX_BYTES });
  const usage = new UsagePublisher({ stream, spool, logger });
  const upstreams = new Upstreams({
    managed: {
      openai: { baseUrl: config.OPENAI_BASE_URL, apiKey: config.OPENAI_API_KEY ?? null },
      anthropic: { baseUrl: config.ANTHROPIC_BASE_URL, apiKey: config.ANTHROPIC_API_KEY ?? null },
    },
    secretBox,
    timeouts: { connectMs: config.UPSTREAM_CONNECT_TIMEOUT_MS, firstByteMs: config.UPSTREAM_FIRST_BYTE_TIMEOUT_MS, idleMs: config.UPSTREAM_IDLE_TIMEOUT_MS },
    connectionsPerOrigin: config.UPSTREAM_CONNECTIONS,
  });
  const relay = new Relay({
    providers,
    callers: new Callers({ policies, secretBox, accessTokens: new AccessTokenVerifier({ source }), deploymentSecret: config.MESHAGENT_SECRET ?? null }),
    policies,
    admission: { prices: new CurrentPrices(loadPriceBook()), canRecordUsage: () => usage.canRecord() },
    upstreams,
    usage,
    maxBodyBytes: config.MAX_REQUEST_BODY_BYTES,
    afterDisconnect: { maxMs: config.AFTER_DISCONNECT_MS, maxBytes: config.AFTER_DISCONNECT_BYTES },
    logger,
  });
  return { relay, policies, upstreams, usage, stream };
};
