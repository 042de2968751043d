import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const SWEEP_MS = 50;
/** For what is under way when the process is to end. Longer than any wait between the services. */
const DRAIN_MS = 28_000;

export interface Drain {
  /**
   * Finishes what is under way, up to 28 seconds. Connections without a request are ended, because clients would keep them open and us waiting.
   * @param close stops listening, and resolves when no connection is left
   */
  run(close: () => Promise<void>): Promise<void>;
}

/**
 * To be called before the server listens. Connections on which nothing was asked yet have to be known: browsers open some in advance, to
 * Node they are not idle, and a server that is closing no longer ends them for being slow.
 */
export const drainOf = (server: Server): Drain => {
  const unused = new Set<Socket>();
  server.on('connection', (socket) => void unused.add(socket.once('close', () => unused.delete(socket))));
  server.on('request', ({ socket }) => unused.delete(socket));
  return { run: (close) => drain(server, unused, close) };
};

const drain = async (server: Server, unused: ReadonlySet<Socket>, close: () => Promise<void>): Promise<void> => {
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    for (const socket of unused) if (socket.bytesRead === 0) socket.destroy();
  }, SWEEP_MS);
  const limit = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await close().finally(() => {
    clearInterval(sweep);
    clearTimeout(limit);
  });
};
