import { engineSettings, priceSettings, readConfig, serviceSettings, surchargeSettings } from '@llm-proxy/platform-config';
import { operationsSettings } from '@llm-proxy/platform-telemetry';
import { z } from 'zod';

export const meteringConfigSchema = z.object({
  ...serviceSettings(8082),
  ...engineSettings,
  ...operationsSettings,
  ...priceSettings,
  ...surchargeSettings,
});

export type MeteringConfig = z.infer<typeof meteringConfigSchema>;

/** @throws ConfigError naming every setting that is missing or malformed */
export const readMeteringConfig = (env: NodeJS.ProcessEnv = process.env): MeteringConfig => readConfig(meteringConfigSchema, env);
