import { priceSettings, readConfig } from '@llm-proxy/platform-config';
import { z } from 'zod';

/** @throws ConfigError naming what is malformed */
export const readPricesConfig = (env: NodeJS.ProcessEnv = process.env): { PRICE_FILE?: string | undefined } => readConfig(z.object(priceSettings), env);
