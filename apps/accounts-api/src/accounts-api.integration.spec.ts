import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { mintParticipantToken } from '@llm-proxy/shared-auth';
import { engines } from '@llm-proxy/testing';
import { createLogger } from '@llm-proxy/platform-logging';
import { startAccountsApi } from './accounts-api.js';
import { clientOf, configFor, runOn } from './running-accounts-api.suite.js';

/** A road to the database that can be cut. */
const cuttableRoad = async (databaseUrl: string) => {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on('error', () => undefined).on('close', () => sockets.delete(one));
    }
    socket.pipe(upstream).pipe(socket);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return { url: url.href, cut, mend: () => listen(port) };
};

describe('accounts-api', () => {
  it('without its database: says 503 to every kind of caller, and is well again when it is back', async () => {
    const database = await engines.postgresDatabase('away');
    const road = await cuttableRoad(database.url);
    const api = await runOn(configFor(road.url));
    const project = await api.newProject();
    const participant = mintParticipantToken({ name: 'ann', grants: [], sub: project.id }, api.config.MESHAGENT_SECRET);
    const callers = [project.admin, api.operator, api.as(participant)];
    await road.cut();
    for (const ask of callers) {
      expect(await ask('GET', project.path)).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    }
    expect((await project.admin('POST', `${project.path}/rooms`, { name: 'r' })).status).toBe(503);
    expect((await api.service('GET', '/internal/changes?after=0&waitMs=1000')).status).toBe(503);
    for (const path of ['/oauth/jwks', '/oauth/authorize?client_id=x', '/.well-known/openid-configuration']) {
      expect(await api.anonymous('GET', path)).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    }
    expect(await api.anonymous('GET', '/readyz')).toMatchObject({ status: 503, body: { ok: false, checks: { database: 'failing' } } });
    expect((await api.anonymous('GET', '/healthz')).status).toBe(200);
    await road.mend();
    for (const ask of callers) expect((await ask('GET', project.path)).status).toBe(200);
    await api.close();
    await api.close();
    await road.cut();
    await database.drop();
  });

  it('stops although a client holds connections that it asks nothing on', async () => {
    const database = await engines.postgresDatabase('silent');
    const api = await runOn(configFor(database.url));
    const { port } = new URL(api.url);
    const [unused, idle] = [connect(Number(port), '127.0.0.1'), connect(Number(port), '127.0.0.1')];
    const ended = Promise.all([unused, idle].map((socket) => new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve))));
    idle.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => idle.once('data', resolve));
    await api.close();
    await ended;
    await database.drop();
  });

  it('does not start, and leaves nothing open, when its port is taken', async () => {
    const database = await engines.postgresDatabase('port');
    const api = await runOn(configFor(database.url));
    const taken = configFor(database.url, { PORT: new URL(api.url).port });
    await expect(startAccountsApi(taken, { logger: createLogger('accounts-api', 'silent') })).rejects.toThrow('EADDRINUSE');
    expect((await clientOf(api.url, null)('GET', '/healthz')).status).toBe(200);
    await api.close();
    await database.drop();
  });

  it('does not start when its database cannot be reached', async () => {
    const nowhere = configFor('postgres://nobody@127.0.0.1:1/none');
    await expect(startAccountsApi(nowhere, { logger: createLogger('accounts-api', 'silent') })).rejects.toThrow('ECONNREFUSED');
  });
});
