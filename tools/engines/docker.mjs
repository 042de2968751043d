import { freePorts } from './free-ports.mjs';

const PULL_AND_START_TIMEOUT_MS = 300_000;
const FIND_TIMEOUT_MS = 10_000;

const image = (/** @type {string} */ variable, /** @type {string} */ usual) => process.env[variable] || usual;

const images = () => ({
  postgres: image('TEST_POSTGRES_IMAGE', 'postgres:18-bookworm'),
  redis: image('TEST_REDIS_IMAGE', 'redis:7-bookworm'),
  kafka: image('TEST_KAFKA_IMAGE', 'apache/kafka:4.3.1'),
});

/** Loaded late: the library needs the pinned Node, and takes a second. */
const library = () => import('testcontainers');

/** @returns {Promise<string | null>} what kind of container engine answers, or null */
export const findDocker = async () => {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), FIND_TIMEOUT_MS);
  });
  try {
    const { getContainerRuntimeClient } = await library();
    const client = /** @type {any} */ (await Promise.race([getContainerRuntimeClient(), tooLong]));
    return `Docker ${client.info.containerRuntime.serverVersion ?? ''}`.trim();
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
};

const portOf = (/** @type {any} */ container, /** @type {number} */ inside) => `${container.getHost()}:${container.getMappedPort(inside)}`;

const dockerPostgres = async () => {
  const { GenericContainer, Wait } = await library();
  const container = await new GenericContainer(images().postgres)
    .withEnvironment({ POSTGRES_PASSWORD: 'test' })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=300'])
    .withExposedPorts(5432)
    // It starts once for itself, to initialise, and once for good.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withStartupTimeout(PULL_AND_START_TIMEOUT_MS)
    .start();
  return { address: `postgresql://postgres:test@${portOf(container, 5432)}/postgres`, container };
};

const dockerRedis = async () => {
  const { GenericContainer, Wait } = await library();
  const container = await new GenericContainer(images().redis)
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
    .withStartupTimeout(PULL_AND_START_TIMEOUT_MS)
    .start();
  return { address: `redis://${portOf(container, 6379)}`, container };
};

/** As soon as one variable is set, the image drops all its defaults. */
const kafkaEnvironment = (/** @type {string} */ advertised) => ({
  KAFKA_NODE_ID: '1',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
  KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${advertised}`,
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
  KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
  KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '1',
  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
  KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
  KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
});

const dockerKafka = async () => {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await library();
  const { host } = (await getContainerRuntimeClient()).info.containerRuntime;
  // Clients are told this address by the broker, so it has to be known before the container runs.
  const [port = 0] = await freePorts(1);
  const advertised = `${host}:${port}`;
  const container = await new GenericContainer(images().kafka)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment(kafkaEnvironment(advertised))
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(PULL_AND_START_TIMEOUT_MS)
    .start();
  return { address: advertised, container };
};

const starters = { postgres: dockerPostgres, redis: dockerRedis, kafka: dockerKafka };

/**
 * Starts one engine in a container.
 * @param {keyof typeof starters} engine
 * @param {string} docker from `findDocker`
 */
export const startInDocker = async (engine, docker) => {
  const { address, container } = await starters[engine]();
  return { address, how: `${images()[engine]} in ${docker}`, stop: async () => void (await container.stop({ timeout: 5_000 })) };
};
