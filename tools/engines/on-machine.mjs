import { existsSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../workspace/root.mjs';
import { aptInstall, whyNoApt } from './apt.mjs';
import { startKafka } from './kafka/broker.mjs';
import { findJava, hasMaven } from './kafka/java.mjs';
import { findRedis, startRedis } from './redis.mjs';

/** Installs what is missing, where that is allowed. */
const installMissing = async (/** @type {string[]} */ packages, /** @type {string} */ missing) => {
  const refusal = whyNoApt();
  if (refusal !== null) throw new Error(`${missing} is not on this machine; ${refusal}`);
  await aptInstall(packages);
};

const machinePostgres = async (/** @type {string} */ folder) => {
  const launcher = inRoot('libs', 'platform', 'postgres', 'dist', 'index.js');
  if (!existsSync(launcher)) throw new Error('the workspace is not built');
  const { startEmbeddedPostgres } = await import(launcher);
  const server = await startEmbeddedPostgres({
    dataDir: path.join(folder, 'postgres'),
    logFile: path.join(folder, 'postgres.log'),
    settings: { max_connections: 300 },
    durable: false,
  });
  return { address: server.url('postgres'), how: `embedded PostgreSQL ${server.version} from the npm package`, stop: server.stop };
};

const machineRedis = async (/** @type {string} */ folder) => {
  if (findRedis() === null) await installMissing(['redis-server'], 'redis-server');
  const server = await startRedis({ folder: path.join(folder, 'redis'), keep: false });
  return { address: server.url, how: `redis-server ${server.version} of this machine`, stop: server.stop };
};

const machineKafka = async (/** @type {string} */ folder) => {
  const missing = [...(findJava() === null ? ['default-jre-headless'] : []), ...(hasMaven() ? [] : ['maven'])];
  if (missing.length > 0) await installMissing(missing, 'Java 17 with Maven');
  const server = await startKafka({ folder: path.join(folder, 'kafka') });
  return { address: server.brokers.join(','), how: `Kafka ${server.version} from jars, on Java ${findJava()}`, stop: server.stop };
};

const starters = { postgres: machinePostgres, redis: machineRedis, kafka: machineKafka };

/**
 * Starts an engine from what is on this machine, or can be brought to it.
 * @param {keyof typeof starters} engine
 * @param {string} folder for data and logs
 */
export const startOnMachine = (engine, folder) => starters[engine](folder);
