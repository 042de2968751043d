import { engineSettings, integer, key32, list, previousKeys, priceSettings, readConfig, serviceSettings, surchargeSettings } from '@llm-proxy/platform-config';
import { operationsSettings } from '@llm-proxy/platform-telemetry';
import { z } from 'zod';
import { identityProviders } from './identity-providers/identity-providers.schema.js';

const httpUrl = () => z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));

export const accountsApiConfigSchema = z.object({
  ...serviceSettings(8081),
  ...operationsSettings,
  DATABASE_URL: engineSettings.DATABASE_URL,
  ...priceSettings,
  ...surchargeSettings,
  /** Where priced usage comes from that LLM loggers copy; without brokers from the database. */
  KAFKA_BROKERS: engineSettings.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: engineSettings.KAFKA_TOPIC_PREFIX,
  /** Seals API key secrets and provider keys. */
  KEY_ENCRYPTION_KEY: key32(),
  /** Earlier ones: opens what they sealed until everything is sealed anew. */
  PREVIOUS_KEY_ENCRYPTION_KEYS: previousKeys(),
  /** Signs participant tokens that name no API key. */
  MESHAGENT_SECRET: z.string().min(16),
  /** Bearer value of the deployment's operator; without it nobody is operator. */
  OPERATOR_TOKEN: z.string().min(32).regex(/^(?!ma-)[\x21-\x7e]+$/, 'must be visible ASCII and not look like an API key').optional(),
  BILLING_URL: httpUrl(),
  /** Where clients reach the deployment. */
  PUBLIC_URL: httpUrl().default('http://localhost:8080'),
  /** Hosts, or hosts with their port, that projects may use as base URLs although they are private. */
  ALLOW_PRIVATE_UPSTREAMS: list().default([]),
  /** Where a project's key is tried that came without a base URL. */
  OPENAI_BASE_URL: httpUrl().default('https://api.openai.com/v1'),
  ANTHROPIC_BASE_URL: httpUrl().default('https://api.anthropic.com'),
  GROK_BASE_URL: httpUrl().optional(),
  XAI_BASE_URL: httpUrl().default('https://api.x.ai/v1'),
  /** How many proxies of our own stand before this service and append to `X-Forwarded-For`; the gateway is one. */
  TRUSTED_PROXIES: integer(0, 10).default(1),
  /** Of each feed, the newest are kept. Not fewer than a batch of the stream, so that one that comes again finds its messages. */
  FEED_MAX_MESSAGES: integer(1_000, 10_000_000).default(10_000),
  FEED_MAX_AGE_DAYS: integer(1, 3_650).default(30),
  /** One message as JSON text. */
  FEED_MAX_MESSAGE_BYTES: integer(1_024, 1_048_576).default(65_536),
  /** Identity providers that people may sign in with, besides e-mail and password. */
  SIGN_IN_PROVIDERS: identityProviders().default([]),
  /** An address may ask the sign-in pages and the OAuth endpoints that often, of each replica. */
  OAUTH_REQUESTS_PER_MINUTE: integer(1).default(1_200),
  /** After so many invalid credentials only those that were valid a moment ago are looked up for an address, in each replica. */
  INVALID_CREDENTIALS_PER_MINUTE: integer(1).default(600),
});

export type AccountsApiConfig = z.infer<typeof accountsApiConfigSchema>;

/** The current one first. */
export const sealingKeysOf = (config: Pick<AccountsApiConfig, 'KEY_ENCRYPTION_KEY' | 'PREVIOUS_KEY_ENCRYPTION_KEYS'>): Buffer[] => [config.KEY_ENCRYPTION_KEY, ...config.PREVIOUS_KEY_ENCRYPTION_KEYS];

/** @throws ConfigError naming every variable that is missing or malformed */
export const readAccountsApiConfig = (env: NodeJS.ProcessEnv = process.env): AccountsApiConfig => readConfig(accountsApiConfigSchema, env);

/** @throws ConfigError as above */
export const readResealConfig = (env: NodeJS.ProcessEnv = process.env) =>
  readConfig(accountsApiConfigSchema.pick({ DATABASE_URL: true, KEY_ENCRYPTION_KEY: true, PREVIOUS_KEY_ENCRYPTION_KEYS: true }), env);

/** Injection token of the settings. */
export const ACCOUNTS_API_CONFIG = Symbol('ACCOUNTS_API_CONFIG');
