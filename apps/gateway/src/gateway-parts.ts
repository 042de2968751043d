import path from 'node:path';
import type { Logger } from '@llm-proxy/platform-logging';
import { type Metrics, type Tracing, createTracing } from '@llm-proxy/platform-telemetry';
import { loadPriceBook } from '@llm-proxy/pricing';
import { SecretBox } from '@llm-proxy/shared-auth';
import { USAGE_TOPIC } from '@llm-proxy/usage-schema';
import { type UsageStream, createUsageStream } from '@llm-proxy/usage-stream';
import { BatchDesk } from './batches/batch-desk.js';
import { BatchLookout } from './batches/batch-lookout.js';
import { type Batch, type BatchStore, createBatchStore } from './batches/batch-store.js';
import { CurrentPrices } from './admission/prices.js';
import { AccessTokenVerifier } from './credentials/access-token-verifier.js';
import { Callers } from './credentials/callers.js';
import { KeyUse } from './credentials/key-use.js';
import { PolicyCache } from './credentials/policy-cache.js';
import { accountsPolicySource } from './credentials/policy-source.js';
import type { GatewayConfig } from './gateway.config.js';
import { observerOf } from './observing/observer-of.js';
import { showParts } from './observing/relay-metrics.js';
import { providers } from './providers/index.js';
import { Tunnels } from './realtime/tunnels.js';
import { Relay } from './relay/relay.js';
import { Upstreams } from './relay/upstreams.js';
import { adoptLeftovers } from './usage/adopt-leftovers.js';
import { Journal } from './usage/journal.js';
import { priceAdjustmentsFor } from './usage/price-adjustments.js';
import { Spool } from './usage/spool.js';
import { UsagePublisher } from './usage/usage-publisher.js';

/** The parts of one gateway process that hold something open. */
export interface GatewayParts {
  relay: Relay;
  tunnels: Tunnels;
  policies: PolicyCache;
  keyUse: KeyUse;
  upstreams: Upstreams;
  usage: UsagePublisher;
  stream: UsageStream;
  batches: BatchParts | null;
  tracing: Tracing | null;
}

interface BatchParts {
  store: BatchStore;
  desk: BatchDesk;
  lookout: BatchLookout;
}

export interface PartsOptions {
  logger: Logger;
  /** Numbers the workers of one machine; each spools into a folder of its own. */
  slot: number;
  slots: number;
  /** Nothing is measured without. */
  metrics?: Metrics | undefined;
}

/** Builds the parts from the inside out. */
export const buildParts = async (config: GatewayConfig, { logger, slot, slots, metrics }: PartsOptions): Promise<GatewayParts> => {
  const priceBook = loadPriceBook(config.PRICE_FILE);
  logger.info({ priceVersions: priceBook.versions }, 'prices are read');
  const secretBox = new SecretBox([config.KEY_ENCRYPTION_KEY, ...config.PREVIOUS_KEY_ENCRYPTION_KEYS]);
  const source = accountsPolicySource(config.ACCOUNTS_API_URL, config.SERVICE_CREDENTIAL);
  const keyUse = new KeyUse({ report: (keys) => source.reportKeyUse(keys), logger });
  const accessTokens = new AccessTokenVerifier({ source, logger });
  const policies = new PolicyCache({
    source,
    revocations: accessTokens.revocations,
    logger,
    maxStaleMs: config.POLICY_MAX_STALE_MS,
  });
  const stream = createUsageStream({
    kafkaBrokers: config.KAFKA_BROKERS,
    kafkaTopicPrefix: config.KAFKA_TOPIC_PREFIX,
    databaseUrl: config.DATABASE_URL,
    clientId: 'gateway',
    logger,
    publishTimeoutMs: config.PUBLISH_TIMEOUT_MS,
  });
  await stream.connect([USAGE_TOPIC]);
  const directory = path.join(config.SPOOL_DIR, String(slot));
  const spool = await Spool.open({ directory, maxBytes: config.SPOOL_MAX_BYTES });
  if (slot === 0) await takeOverLeftovers(spool, config, slots, logger);
  const usage = new UsagePublisher({ stream, spool, journal: new Journal(directory), logger });
  const upstreams = new Upstreams({
    managed: config.managed,
    secretBox,
    allowPrivateUpstreams: config.ALLOW_PRIVATE_UPSTREAMS,
    timeouts: { connectMs: config.UPSTREAM_CONNECT_TIMEOUT_MS, firstByteMs: config.UPSTREAM_FIRST_BYTE_TIMEOUT_MS, idleMs: config.UPSTREAM_IDLE_TIMEOUT_MS },
    connectionsPerOrigin: config.UPSTREAM_CONNECTIONS,
  });
  const batches = config.DATABASE_URL === undefined ? null : buildBatches(config, config.DATABASE_URL, { usage, policies, upstreams, logger });
  const tracing = await createTracing('llm-proxy-gateway', config, logger);
  const shared = {
    providers,
    callers: new Callers({ policies, secretBox, accessTokens, deploymentSecret: config.MESHAGENT_SECRET ?? null }),
    policies,
    admission: { prices: new CurrentPrices(priceBook), canRecordUsage: () => usage.canRecord(), allowsUnmetered: config.ALLOW_UNMETERED_REALTIME },
    upstreams,
    usage,
    keyUse,
    afterDisconnect: { maxMs: config.AFTER_DISCONNECT_MS, maxBytes: config.AFTER_DISCONNECT_BYTES },
    logger,
    observer: observerOf({ metrics, tracing, logger, logRequests: config.LOG_REQUESTS }),
  };
  const priceRules = { priceBook, surchargeBasisPoints: config.SURCHARGE_BASIS_POINTS };
  const relay = new Relay({ ...shared, priceRules, batches: batches?.desk ?? null, maxBodyBytes: config.MAX_REQUEST_BODY_BYTES });
  const tunnels = new Tunnels({ ...shared, limits: { connectMs: config.UPSTREAM_CONNECT_TIMEOUT_MS, maxMessageBytes: config.MAX_WEBSOCKET_MESSAGE_BYTES } });
  if (metrics !== undefined) showParts(metrics, { relay, tunnels, usage });
  return { relay, tunnels, policies, keyUse, upstreams, usage, stream, batches, tracing };
};

/** The gateway must start all the same when there is no room for them. */
const takeOverLeftovers = async (spool: Spool, { SPOOL_DIR, SPOOL_MAX_BYTES }: GatewayConfig, slots: number, logger: Logger): Promise<void> => {
  try {
    const events = await adoptLeftovers(spool, { directory: SPOOL_DIR, slots, maxBytes: SPOOL_MAX_BYTES });
    if (events > 0) logger.info({ events }, 'usage events of earlier workers were taken over');
  } catch (error) {
    logger.error({ err: error }, 'usage events of earlier workers wait for the next start');
  }
};

interface BatchNeeds {
  usage: UsagePublisher;
  policies: PolicyCache;
  upstreams: Upstreams;
  logger: Logger;
}

const buildBatches = (config: GatewayConfig, databaseUrl: string, { usage, policies, upstreams, logger }: BatchNeeds): BatchParts => {
  const store = createBatchStore(databaseUrl);
  const everyMs = config.BATCH_LOOK_MS;
  const lookout = new BatchLookout({
    store,
    usage,
    providers,
    project: (id) => policies.load(id),
    upstreamFor: (provider, project, paidBy) => (paidBy === 'managed' || project === null ? upstreams.managed(provider) : upstreams.for(provider, project)),
    everyMs,
    logger,
  });
  const priceAdjustments = async (batch: Batch) => priceAdjustmentsFor((await policies.load(batch.projectId))?.policy ?? {}, batch.provider);
  const desk = new BatchDesk({ store, usage, settle: (batch) => lookout.settle(batch), priceAdjustments, firstLookInMs: everyMs, logger });
  return { store, desk, lookout };
};
