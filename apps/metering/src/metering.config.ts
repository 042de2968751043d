import { engineSettings, integer, priceSettings, readConfig, serviceSettings } from '@llm-proxy/platform-config';
import { operationsSettings } from '@llm-proxy/platform-telemetry';
import { z } from 'zod';

export const meteringConfigSchema = z.object({
  ...serviceSettings(8082),
  ...engineSettings,
  ...operationsSettings,
  ...priceSettings,
  /** Added to what the provider charges, in hundredths of a percent: 500 is 5 %. */
  SURCHARGE_BASIS_POINTS: integer(0, 10_000).default(500),
});

export type MeteringConfig = z.infer<typeof meteringConfigSchema>;

/** @throws ConfigError naming every setting that is missing or malformed */
export const readMeteringConfig = (env: NodeJS.ProcessEnv = process.env): MeteringConfig => readConfig(meteringConfigSchema, env);
