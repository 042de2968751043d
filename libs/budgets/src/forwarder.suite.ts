import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Forwarder {
  /** The engine's URL with the forwarder's address in it. */
  url: string;
  /** `cut` breaks every connection and refuses new ones, `mute` keeps them open and passes nothing on. */
  become(state: 'open' | 'cut' | 'mute'): void;
  close(): Promise<void>;
}

/** A TCP forwarder in front of a real engine, to take the engine away in a test. */
export const startForwarder = async (engineUrl: string): Promise<Forwarder> => {
  const target = new URL(engineUrl);
  const sockets = new Set<Socket>();
  let state: 'open' | 'cut' | 'mute' = 'open';
  const server = createServer((client) => {
    if (state === 'cut') return void client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(from);
      from.on('data', (bytes) => state === 'open' && to.write(bytes));
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(engineUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    become: (next) => {
      state = next;
      if (next === 'cut') for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
