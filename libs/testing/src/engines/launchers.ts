/**
 * The launchers are plain JavaScript in the tools folder, because the test run needs them before anything is compiled. From
 * this file in `src` and from its compiled form in `dist` the way there is the same.
 */
const tool = (name: string): string => new URL(`../../../../tools/engines/${name}`, import.meta.url).href;

interface Server {
  port: number;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

interface Where {
  folder: string;
  port?: number | undefined;
}

interface KafkaLauncher {
  whyNoKafka(): string | null;
  startKafka(where: Where): Promise<Server & { brokers: string[] }>;
}

interface RedisLauncher {
  findRedis(): { version: string } | null;
  startRedis(options: Where & { keep: boolean }): Promise<Server & { url: string }>;
}

interface FreePorts {
  freePorts(count: number): Promise<number[]>;
}

interface RunFolders {
  createRunFolder(): { folder: string; remove(): void };
}

export const kafka = (): Promise<KafkaLauncher> => import(tool('kafka/broker.mjs')) as Promise<KafkaLauncher>;

export const redis = (): Promise<RedisLauncher> => import(tool('redis.mjs')) as Promise<RedisLauncher>;

/** A port that nobody listens on, and that no connection is given by itself. */
export const freePort = async (): Promise<number> => {
  const { freePorts } = (await import(tool('free-ports.mjs'))) as FreePorts;
  const [port] = await freePorts(1);
  return port!;
};

/** A folder that the next test run removes, with what still runs in it, should this process be killed. */
export const createRunFolder = async (): Promise<{ folder: string; remove(): void }> => {
  const { createRunFolder: create } = (await import(tool('run-folder.mjs'))) as RunFolders;
  return create();
};
