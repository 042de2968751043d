import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts, HOST } from '../free-ports.mjs';
import { startServer } from '../server-process.mjs';
import { archiveFlags, javaCommandLine, prepareKafka } from './distribution.mjs';
import { countBrokers, GROUPS, hasCoordinator, TRANSACTIONS } from './protocol.mjs';
import { serverProperties } from './settings.mjs';

const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 30_000;
const ARCHIVING_TIMEOUT_MS = 180_000;
const HEAP = ['-Xms64m', '-Xmx384m'];

/** Registered, and able to coordinate groups and transactions: without it the first clients get errors and retry. */
const isReady = async (/** @type {string} */ address) =>
  (await countBrokers(address)) > 0 && (await hasCoordinator(address, GROUPS)) && (await hasCoordinator(address, TRANSACTIONS));

/**
 * @param {import('./distribution.mjs').Distribution} kafka
 * @param {{ folder: string, port?: number, flags: string[] }} options
 */
const boot = async (kafka, { folder, port: wanted, flags }) => {
  const data = path.join(folder, 'data');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(data)) cpSync(kafka.emptyStorage, data, { recursive: true });
  const [freePort = 0, controllerPort = 0] = await freePorts(2);
  const port = wanted ?? freePort;
  const properties = path.join(folder, 'server.properties');
  writeFileSync(properties, serverProperties({ port, controllerPort, data }));
  const server = startServer(javaCommandLine(kafka, [...HEAP, ...flags], ['kafka.Kafka', properties]), path.join(folder, 'broker.log'));
  const address = `${HOST}:${port}`;
  try {
    await server.ready(() => isReady(address), START_TIMEOUT_MS);
  } catch (error) {
    await server.end('SIGKILL', STOP_TIMEOUT_MS);
    throw error;
  }
  return { address, port, server };
};

/** A whole life of a broker, in which Java notes the classes it loads. */
const liveOnce = async (/** @type {import('./distribution.mjs').Distribution} */ kafka, /** @type {string[]} */ flags) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'llm-proxy-kafka-'));
  try {
    const { server } = await boot(kafka, { folder, flags });
    await server.end('SIGTERM', ARCHIVING_TIMEOUT_MS);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export { whyNoKafka } from './distribution.mjs';

/** Fetches and prepares what `startKafka` needs, so that the first start is as quick as the others. */
export const prepare = () => prepareKafka(liveOnce);

/**
 * Starts a real broker. The folder keeps its data: a later start in the same one goes on where this one ended.
 * @param {{ folder: string, port?: number }} options
 */
export const startKafka = async ({ folder, port }) => {
  const kafka = await prepare();
  const broker = await boot(kafka, { folder, flags: archiveFlags(kafka), ...(port === undefined ? {} : { port }) });
  return {
    brokers: [broker.address],
    port: broker.port,
    version: kafka.version,
    pid: broker.server.pid,
    stop: () => broker.server.end('SIGTERM', STOP_TIMEOUT_MS),
    kill: () => broker.server.end('SIGKILL', STOP_TIMEOUT_MS),
  };
};
