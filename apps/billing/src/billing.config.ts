import { engineSettings, readConfig, serviceSettings } from '@llm-proxy/platform-config';
import { operationsSettings } from '@llm-proxy/platform-telemetry';
import { z } from 'zod';

const { DATABASE_URL, KAFKA_BROKERS, KAFKA_TOPIC_PREFIX } = engineSettings;

export const billingConfigSchema = z.object({ ...serviceSettings(8083), ...operationsSettings, DATABASE_URL, KAFKA_BROKERS, KAFKA_TOPIC_PREFIX });

export type BillingConfig = z.infer<typeof billingConfigSchema>;

/** @throws ConfigError naming every setting that is missing or malformed */
export const readBillingConfig = (env: NodeJS.ProcessEnv = process.env): BillingConfig => readConfig(billingConfigSchema, env);

/** For the command that compares totals and lines; it needs the database alone. */
export const readReconcileConfig = (env: NodeJS.ProcessEnv = process.env): { DATABASE_URL: string } =>
  readConfig(z.object({ DATABASE_URL }), env);
