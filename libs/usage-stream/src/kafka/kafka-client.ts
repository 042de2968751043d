import net from 'node:net';
import type { Logger } from '@llm-proxy/platform-logging';
import kafkajs, { type RetryOptions } from 'kafkajs';
import { kafkaLogCreator } from './kafka-logging.js';
import { encodeRequestsInOnePass } from './one-pass-requests.js';
import { quietIdleConnections } from './quiet-idle-connections.js';
import { registerZstd } from './zstd-codec.js';

export interface KafkaClientOptions {
  /** `host:port`, any of the cluster. */
  brokers: readonly string[];
  clientId: string;
  logger: Logger;
  /** For one request. Milliseconds. */
  requestTimeoutMs: number;
  /** How to reach a broker, for example through a tunnel. @default a plain TCP connection */
  openSocket?: (address: { host: string; port: number }) => net.Socket;
}

/** One kafkajs client with connections of its own, which can be ended at once. */
export interface KafkaClient {
  kafka: kafkajs.Kafka;
  /** Breaks all its connections and makes whatever kafkajs still retries give up at its next attempt. */
  abort(): void;
}

const CONNECTION_TIMEOUT_MS = 3_000;
const KEEP_ALIVE_MS = 30_000;

/** The log leaves it out. */
const ABORTED = 'the client was aborted';

/** More than the default of 5, after which a broker that restarts would already end a consumer. */
export const KAFKA_RETRY: RetryOptions = { retries: 15, initialRetryTime: 200, maxRetryTime: 2_000, factor: 0.2, multiplier: 2 };

export const createKafkaClient = (options: KafkaClientOptions): KafkaClient => {
  registerZstd();
  quietIdleConnections();
  encodeRequestsInOnePass();
  const sockets = new Set<net.Socket>();
  let aborted = false;
  const kafka = new kafkajs.Kafka({
    clientId: options.clientId,
    // An empty list is the one answer to which kafkajs does not try again, so this ends its nested retries.
    brokers: () => (aborted ? [] : [...options.brokers]),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs,
    retry: KAFKA_RETRY,
    logCreator: kafkaLogCreator(options.logger),
    socketFactory: ({ host, port, onConnect }) => {
      if (aborted) throw new Error(ABORTED);
      const socket = options.openSocket?.({ host, port }) ?? net.connect({ host, port });
      socket.once('connect', onConnect).once('close', () => sockets.delete(socket));
      socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
      sockets.add(socket);
      return socket;
    },
  });
  const abort = (): void => {
    aborted = true;
    for (const socket of sockets) socket.destroy(new Error(ABORTED));
  };
  return { kafka, abort };
};
