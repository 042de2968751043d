import { availableParallelism } from 'node:os';
import { engineSettings, flag, integer, key32, list, previousKeys, priceSettings, readConfig, serviceSettings, surchargeSettings } from '@llm-proxy/platform-config';
import { operationsSettings, tracingSettings } from '@llm-proxy/platform-telemetry';
import { z } from 'zod';
import { type Provider, providers } from './providers/index.js';
import type { ManagedProvider } from './relay/upstreams.js';

const megabytes = (count: number) => count * 1024 * 1024;
const httpUrl = () => z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));

export const gatewayConfigSchema = z.object({
  ...serviceSettings(8080),
  ...engineSettings,
  ...priceSettings,
  ...surchargeSettings,
  /** The embedded stream lives there; with KAFKA_BROKERS set the gateway needs no database. */
  DATABASE_URL: engineSettings.DATABASE_URL.optional(),
  ACCOUNTS_API_URL: httpUrl(),
  KEY_ENCRYPTION_KEY: key32(),
  /** Earlier ones, as accounts-api has them. */
  PREVIOUS_KEY_ENCRYPTION_KEYS: previousKeys(),
  /** Verifies participant tokens that the deployment itself signed. */
  MESHAGENT_SECRET: z.string().min(16).optional(),

  /** Realtime calls and secrets that let the caller speak to the provider directly, past metering. */
  ALLOW_UNMETERED_REALTIME: flag().default(false),
  /** Largest WebSocket message, either way; 0: no limit. */
  MAX_WEBSOCKET_MESSAGE_BYTES: integer(0).default(0),
  /** Hosts, or hosts with their port, that projects may use as base URLs although they are private. */
  ALLOW_PRIVATE_UPSTREAMS: list().default([]),
  UPSTREAM_CONNECT_TIMEOUT_MS: integer(1).default(10_000),
  UPSTREAM_FIRST_BYTE_TIMEOUT_MS: integer(1).default(600_000),
  UPSTREAM_IDLE_TIMEOUT_MS: integer(1).default(300_000),
  /** Per provider address and worker. */
  UPSTREAM_CONNECTIONS: integer(1, 65_535).default(1_024),

  MAX_REQUEST_BODY_BYTES: integer(1).default(megabytes(64)),
  /** How long, and how much, of an answer is still read when the caller has gone, so that it can be billed. */
  AFTER_DISCONNECT_MS: integer(0).default(120_000),
  AFTER_DISCONNECT_BYTES: integer(0).default(megabytes(32)),

  /** Usage events wait here while the stream is away. Must survive a restart. */
  SPOOL_DIR: z.string().default('.data/spool'),
  SPOOL_MAX_BYTES: integer(1).default(megabytes(1_024)),
  PUBLISH_TIMEOUT_MS: integer(1).default(2_000),
  /** How long known credentials go on working while accounts-api is away. */
  POLICY_MAX_STALE_MS: integer(0).default(3_600_000),
  /** How long a shutdown waits for the answers under way. */
  DRAIN_TIMEOUT_MS: integer(0).default(30_000),

  /** How often a batch that has not ended is looked at. */
  BATCH_LOOK_MS: integer(100).default(60_000),

  ...operationsSettings,
  ...tracingSettings,
  /** A line in the log for every call and every refusal; with bodies, for finding faults. */
  LOG_REQUESTS: z.enum(['off', 'summary', 'bodies']).default('summary'),

  NODE_ENV: z.string().default('development'),
  GATEWAY_WORKERS: integer(1, 256).optional(),
});

/** Settings of the deployment's own provider keys, by provider: each provider names its variables. */
export type GatewayConfig = z.infer<typeof gatewayConfigSchema> & { managed: Readonly<Record<string, ManagedProvider>> };

/** @throws ConfigError naming every setting that is missing or malformed */
export const readGatewayConfig = (env: NodeJS.ProcessEnv = process.env): GatewayConfig => ({
  ...readConfig(gatewayConfigSchema, env),
  managed: Object.fromEntries(providers.map((provider) => [provider.name, readManagedProvider(provider, env)])),
});

const readManagedProvider = ({ settings }: Provider, env: NodeJS.ProcessEnv): ManagedProvider => {
  const names = [...settings.apiKey, ...settings.baseUrl];
  const shape = Object.fromEntries(names.map((name) => [name, settings.baseUrl.includes(name) ? httpUrl().optional() : z.string().optional()]));
  const values = readConfig(z.object(shape), env);
  const first = (wanted: readonly string[]) => wanted.map((name) => values[name]).find((value) => value !== undefined);
  return { apiKey: first(settings.apiKey) ?? null, baseUrl: first(settings.baseUrl) ?? settings.defaultBaseUrl };
};

/** One process a core in production, one in development. */
export const workerCount = (config: GatewayConfig): number => config.GATEWAY_WORKERS ?? (config.NODE_ENV === 'production' ? availableParallelism() : 1);

/** Which of the machine's workers this process is, and of how many. Set by the primary. */
export const readGatewaySlot = (env: NodeJS.ProcessEnv = process.env): { slot: number; slots: number } => {
  const { GATEWAY_SLOT, GATEWAY_SLOTS } = readConfig(z.object({ GATEWAY_SLOT: integer(0).default(0), GATEWAY_SLOTS: integer(1).default(1) }), env);
  return { slot: GATEWAY_SLOT, slots: GATEWAY_SLOTS };
};

/** What a worker process is started with. */
export const workerEnvironment = (env: NodeJS.ProcessEnv = process.env): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
