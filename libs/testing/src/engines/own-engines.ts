import path from 'node:path';
import { EmbeddedPostgresError, startEmbeddedPostgres } from '@llm-proxy/platform-postgres';
import { reportCouldNotRun } from './could-not-run.js';
import { createRunFolder, redis, kafka } from './launchers.js';

/** An engine of one spec's own, on a port and with data that outlive its ends. */
export interface OwnEngine {
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it the hard way: SIGKILL. */
  kill(): Promise<void>;
  /** After `stop` or `kill`: on the same port, with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
}

export interface OwnKafka extends OwnEngine {
  brokers: string[];
}

export interface OwnRedis extends OwnEngine {
  url: string;
}

export interface OwnPostgres extends OwnEngine {
  /** For the superuser. */
  url(database: string): string;
}

/** What every launcher gives for one life of a server. */
interface Life {
  port: number;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Turns single lives of a server into an engine that can be started again. */
const restartable = async <Server extends Life>(boot: (folder: string, port?: number) => Promise<Server>): Promise<{ server: Server; engine: OwnEngine }> => {
  const { folder, remove } = await createRunFolder();
  const first = await boot(folder);
  let life: Life | null = first;
  const end = async (how: 'stop' | 'kill'): Promise<void> => {
    const ending = life;
    life = null;
    await ending?.[how]();
  };
  const engine: OwnEngine = {
    stop: () => end('stop'),
    kill: () => end('kill'),
    start: async () => {
      life ??= await boot(folder, first.port);
    },
    dispose: async () => {
      await end('kill');
      remove();
    },
  };
  return { server: first, engine };
};

const unlessMissing = async <Engine>(reason: string | null, start: () => Promise<Engine>): Promise<Engine | null> => {
  if (reason === null) return start();
  reportCouldNotRun(reason);
  return null;
};

/** A broker of this spec's own; null, and reported, where this machine cannot run one. The very first start takes a minute. */
export const startOwnKafka = async (): Promise<OwnKafka | null> => {
  const { startKafka, whyNoKafka } = await kafka();
  return unlessMissing(whyNoKafka(), async () => {
    const { server, engine } = await restartable((folder, port) => startKafka({ folder, port }));
    return { ...engine, brokers: server.brokers };
  });
};

/** A Redis of this spec's own, that keeps every write; null, and reported, where this machine has none. */
export const startOwnRedis = async (): Promise<OwnRedis | null> => {
  const { startRedis, findRedis } = await redis();
  return unlessMissing(findRedis() === null ? 'there is no redis-server on this machine' : null, async () => {
    const { server, engine } = await restartable((folder, port) => startRedis({ folder, port, keep: true }));
    return { ...engine, url: server.url };
  });
};

const bootPostgres = async (folder: string, port?: number) => {
  const server = await startEmbeddedPostgres({ dataDir: path.join(folder, 'data'), logFile: path.join(folder, 'postgres.log'), port, durable: true });
  const kill = async (): Promise<void> => {
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
  };
  return { port: server.port, url: server.url, stop: server.stop, kill };
};

/** A PostgreSQL of this spec's own; null, and reported, on platforms without the embedded one. */
export const startOwnPostgres = async (): Promise<OwnPostgres | null> => {
  try {
    const { server, engine } = await restartable(bootPostgres);
    return { ...engine, url: server.url };
  } catch (error) {
    if (!(error instanceof EmbeddedPostgresError)) throw error;
    return unlessMissing(error.message, () => Promise.reject(error));
  }
};
