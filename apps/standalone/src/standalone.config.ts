import path from 'node:path';
import { engineSettings, integer, readConfig } from '@llm-proxy/platform-config';
import { z } from 'zod';
import { secretsSchema } from './secrets.js';

export const standaloneConfigSchema = z.object({
  /** The one public port. */
  PORT: integer(1, 65_535).default(8080),
  /** Loopback by default: whoever reaches the port can try credentials. */
  HOST: z.string().default('127.0.0.1'),
  DATA_DIR: z
    .string()
    .default('.data')
    .transform((directory) => path.resolve(directory)),
  LOG_LEVEL: z.string().default('info'),
  /** Where clients reach this deployment. */
  PUBLIC_URL: z.string().optional(),
  /** Unset: the embedded PostgreSQL. */
  DATABASE_URL: engineSettings.DATABASE_URL.optional(),
  KAFKA_BROKERS: engineSettings.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: engineSettings.KAFKA_TOPIC_PREFIX,
  REDIS_URL: engineSettings.REDIS_URL,
  /** The deployment's secrets, when they come from outside instead of `<data>/secrets.json`. */
  ...secretsSchema.partial().shape,
  OPENAI_API_KEY: z.string().optional(),
  ANTHROPIC_API_KEY: z.string().optional(),
  GROK_API_KEY: z.string().optional(),
  XAI_API_KEY: z.string().optional(),
  GATEWAY_WORKERS: integer(1, 256).default(1),
  DRAIN_TIMEOUT_MS: integer(0).default(3_000),
});

export type StandaloneConfig = z.infer<typeof standaloneConfigSchema>;

/** @throws ConfigError naming every setting that is missing or malformed */
export const readStandaloneConfig = (env: NodeJS.ProcessEnv = process.env): StandaloneConfig => readConfig(standaloneConfigSchema, env);

/** What the services are started with: the environment of this process, over it what standalone decides. */
export const serviceEnvironment = (decided: Record<string, string | undefined>, env: NodeJS.ProcessEnv = process.env): Record<string, string> =>
  Object.fromEntries(Object.entries({ ...env, ...decided }).filter((entry): entry is [string, string] => entry[1] !== undefined));
