import { countBrokers } from './kafka/protocol.mjs';

const TIMEOUT_MS = 10_000;

const askPostgres = async (/** @type {string} */ url) => {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS });
  await client.connect();
  try {
    return `PostgreSQL ${(await client.query('SHOW server_version')).rows[0].server_version}`;
  } finally {
    await client.end();
  }
};

const askRedis = async (/** @type {string} */ url) => {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, { lazyConnect: true, connectTimeout: TIMEOUT_MS, maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return `Redis ${/redis_version:(\S+)/.exec(await client.info('server'))?.[1]}`;
  } finally {
    client.disconnect();
  }
};

const askKafka = async (/** @type {string} */ brokers) => `a Kafka of ${await countBrokers(brokers.split(',')[0] ?? '')} broker(s)`;

const engines = {
  postgres: { variable: 'TEST_DATABASE_URL', ask: askPostgres },
  redis: { variable: 'TEST_REDIS_URL', ask: askRedis },
  kafka: { variable: 'TEST_KAFKA_BROKERS', ask: askKafka },
};

/** The variable that carries an engine's address, to us and from us to the specs. */
export const variableOf = (/** @type {keyof typeof engines} */ engine) => engines[engine].variable;

/**
 * The engine that the environment names, once it has answered; null when it names none.
 * @param {keyof typeof engines} engine
 */
export const findByUrl = async (engine) => {
  const { variable, ask } = engines[engine];
  const address = process.env[variable];
  if (!address) return null;
  try {
    return { address, how: `${await ask(address)}, named by ${variable}`, stop: async () => undefined };
  } catch (error) {
    throw new Error(`${variable} is set, but nothing usable answers there: ${/** @type {Error} */ (error).message}`, { cause: error });
  }
};
