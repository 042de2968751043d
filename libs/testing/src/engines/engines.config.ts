/** The engines a test may ask for. */
export type EngineName = 'postgres' | 'redis' | 'kafka';

const VARIABLES: Record<EngineName, string> = { postgres: 'TEST_DATABASE_URL', redis: 'TEST_REDIS_URL', kafka: 'TEST_KAFKA_BROKERS' };

const listed = (name: string): string[] => (process.env[name] ?? '').split(',').filter((part) => part !== '');

/** Address the run was given for this engine, or null when the run said that the engine cannot be had. */
export const engineAddress = (engine: EngineName): string | null => {
  const address = process.env[VARIABLES[engine]];
  if (address) return address;
  if (isUnavailable(engine)) return null;
  throw new Error(`${VARIABLES[engine]} is not set. "npm test" brings the engines; "node tools/engines/serve.mjs" keeps them up beside single specs.`);
};

/** Engines this run could not bring up: specs that need them are skipped and reported. */
export const isUnavailable = (engine: EngineName): boolean => listed('TEST_ENGINES_UNAVAILABLE').includes(engine);

/** File that collects one line of JSON for everything that could not run; null outside of `npm test`. */
export const couldNotRunFile = (): string | null => process.env['TEST_COULD_NOT_RUN_FILE'] || null;
