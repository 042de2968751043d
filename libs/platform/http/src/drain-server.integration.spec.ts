import { once } from 'node:events';
import { type Server, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { drainOf } from './drain-server.js';

const closeOf = (server: Server) => () => new Promise<void>((resolve) => server.close(() => resolve()));

const listening = async (server: Server): Promise<number> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
};

it('ends connections that were never used and those that are idle, and waits for the answer that is under way', async () => {
  let answer: ServerResponse | undefined;
  const server = createServer((request, response) => {
    if (request.url === '/slow') answer = response;
    else response.end('done');
  });
  const drain = drainOf(server);
  const port = await listening(server);
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  const ended = Promise.all(sockets.map((socket) => once(socket.on('error', () => undefined), 'close')));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  sockets[1]!.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(sockets[1]!, 'data');
  const slow = fetch(`http://127.0.0.1:${port}/slow`);
  while (answer === undefined) await new Promise(setImmediate);

  let isOver = false;
  const over = drain.run(closeOf(server)).then(() => (isOver = true));
  await ended;
  expect(isOver).toBe(false);
  answer.end('late');
  expect(await (await slow).text()).toBe('late');
  await over;
});
