import net from 'node:net';

const TIMEOUT_MS = 1_500;

/** ApiVersions v0 without a client id, which every broker answers: length, api key 18, version 0, correlation id 1, null. */
const API_VERSIONS = Buffer.from('0000000a0012000000000001ffff', 'hex');

/** Resolves when any broker answers; rejects with the first reason when none does in time. */
export const checkBrokers = (brokers: readonly string[], open = (address: { host: string; port: number }): net.Socket => net.connect(address)): Promise<void> =>
  Promise.any(brokers.map((broker) => answers(open(addressOf(broker))))).catch((error: AggregateError) => {
    throw error.errors[0];
  });

const addressOf = (broker: string): { host: string; port: number } => {
  const colon = broker.lastIndexOf(':');
  return { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) };
};

const answers = (socket: net.Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(TIMEOUT_MS, () => fail(new Error('no broker answered in time')));
    socket.once('close', () => fail(new Error('the broker closed the connection')));
    socket.once('error', fail).once('data', () => {
      resolve();
      socket.destroy();
    });
    socket.write(API_VERSIONS);
  });
