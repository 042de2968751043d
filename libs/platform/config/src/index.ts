import { z } from 'zod';

/** Thrown at start-up; its message names every variable that is wrong, and never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads a service's settings. Empty variables count as unset, so that `FOO= npm start` behaves like not setting it.
 * @throws ConfigError naming each variable that is missing or malformed
 */
export const readConfig = <Schema extends z.ZodType>(schema: Schema, env: NodeJS.ProcessEnv): z.infer<Schema> => {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'environment'}: ${issue.message}`);
  throw new ConfigError(`Settings are wrong:\n  ${problems.join('\n  ')}`);
};

/** A whole number in an environment variable. */
export const integer = (min: number, max: number = Number.MAX_SAFE_INTEGER) => z.coerce.number().int().min(min).max(max);

/** `true`, `1`, `yes`, `on` and their opposites. */
export const flag = () => z.stringbool();

/** Comma-separated list, blanks dropped. */
export const list = () =>
  z.string().transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== ''));

/** 32 bytes in base64 or hex. */
export const key32 = () =>
  z.string().transform((text, context) => {
    const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
    if (bytes.length === 32) return bytes;
    context.addIssue({ code: 'custom', message: 'must be 32 bytes in base64 or hex' });
    return z.NEVER;
  });

/** Comma-separated keys of 32 bytes each; none by default. */
export const previousKeys = () => list().pipe(z.array(key32())).default([]);

const shared = {
  /** Where the process listens. 0 picks a free port. */
  PORT: integer(0, 65_535),
  HOST: z.string().default('0.0.0.0'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** What services show each other under `/internal`. */
  SERVICE_CREDENTIAL: z.string().min(32),
};

/** Settings every service has, to be spread into its own schema. */
export const serviceSettings = (defaultPort: number) => ({ ...shared, PORT: shared.PORT.default(defaultPort) });

/** Where the deployment's own prices stand; every service that asks for prices reads the same. */
export const priceSettings = { PRICE_FILE: z.string().optional() };

/** For services that tell what a call costs: the same for all of them, as is the price file. */
export const surchargeSettings = {
  /** Added to what the provider charges, in hundredths of a percent: 500 is 5 %. */
  SURCHARGE_BASIS_POINTS: integer(0, 10_000).default(500),
};

/** How to reach the engines. Unset `KAFKA_BROKERS` or `REDIS_URL` selects the embedded adapter in PostgreSQL. */
export const engineSettings = {
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  KAFKA_BROKERS: list().optional(),
  /** Before every topic and consumer group, so that deployments can share a cluster. */
  KAFKA_TOPIC_PREFIX: z.string().regex(/^[\w.-]{1,64}$/, 'letters, digits, ., _ and -').optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
};
