import net from 'node:net';

/** A TCP forwarder that stands for the network between one process and an engine. */
export interface SeverableLink {
  port: number;
  /** Breaks all connections. `refuse`: new ones are refused; `silence`: they are accepted, and nothing ever comes back. */
  sever(how: 'refuse' | 'silence'): void;
  restore(): void;
  close(): Promise<void>;
}

export const openLink = async (target: { host: string; port: number }): Promise<SeverableLink> => {
  const sockets = new Set<net.Socket>();
  let state: 'up' | 'refuse' | 'silence' = 'up';

  const track = (socket: net.Socket): net.Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };

  const server = net.createServer((near) => {
    track(near);
    if (state === 'refuse') near.resetAndDestroy();
    else if (state === 'silence') near.resume();
    else join(near, track(net.connect(target)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const breakAll = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as net.AddressInfo).port,
    sever: (how) => {
      state = how;
      // A silent network does not say that it is gone: what was open stays open.
      if (how === 'refuse') breakAll();
      else sockets.forEach((socket) => socket.unpipe().resume());
    },
    restore: () => {
      state = 'up';
      breakAll();
    },
    close: async () => {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const join = (near: net.Socket, far: net.Socket): void => {
  near.pipe(far).on('close', () => near.destroy());
  far.pipe(near).on('close', () => far.destroy());
};
