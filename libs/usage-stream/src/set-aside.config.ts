import { engineSettings, readConfig } from '@llm-proxy/platform-config';
import { z } from 'zod';

const schema = z
  .object({ DATABASE_URL: engineSettings.DATABASE_URL.optional(), KAFKA_BROKERS: engineSettings.KAFKA_BROKERS, KAFKA_TOPIC_PREFIX: engineSettings.KAFKA_TOPIC_PREFIX })
  .refine((settings) => settings.DATABASE_URL !== undefined || settings.KAFKA_BROKERS !== undefined, {
    path: ['DATABASE_URL'],
    message: 'set it, or KAFKA_BROKERS, to say where the stream is',
  });

export type SetAsideConfig = z.infer<typeof schema>;

/** @throws ConfigError when neither engine is named */
export const readSetAsideConfig = (env: NodeJS.ProcessEnv = process.env): SetAsideConfig => readConfig(schema, env);
