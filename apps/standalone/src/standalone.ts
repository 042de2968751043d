import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Logger } from '@llm-proxy/platform-logging';
import { startProviderSimulator } from '@llm-proxy/testing/simulator';
import { type ClientSettings, clientEnvironment, writeEnvironmentFile } from './client-files.js';
import { startEngines } from './engines.js';
import { type Secrets, loadSecrets } from './secrets.js';
import { type Closable, startServices } from './services.js';
import type { StandaloneConfig } from './standalone.config.js';

export interface Standalone extends ClientSettings {
  adminEmail: string;
  engines: string;
  /** True when no provider key was set, so that answers come from the simulator. */
  isSimulated: boolean;
  close(): Promise<void>;
}

const SIMULATED_KEY = 'simulated';

/** Everything on one machine. What was started is stopped again when a later part fails. */
export const startStandalone = async (config: StandaloneConfig, logger: Logger): Promise<Standalone> => {
  const started: Closable[] = [];
  const close = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) {
      await part.close().catch((error: unknown) => logger.error({ err: error, part: part.name }, 'a part did not stop cleanly'));
    }
  };
  try {
    return { ...(await startParts(config, logger, (part) => started.push(part))), close };
  } catch (error) {
    await close();
    throw error;
  }
};

const startParts = async (config: StandaloneConfig, logger: Logger, onStarted: (part: Closable) => void) => {
  // Files in it are closed to others; the folder can be passed through, because PostgreSQL runs as another user when this one is root.
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o711 });
  await assertPortIsFree(config.PORT, config.HOST);
  const secrets = await loadSecrets(config.DATA_DIR, config);
  const engines = await startEngines(config);
  onStarted({ name: 'postgres', close: () => engines.stop() });

  const isSimulated = [config.OPENAI_API_KEY, config.ANTHROPIC_API_KEY, config.GROK_API_KEY, config.XAI_API_KEY].every((key) => key === undefined);
  const simulated = isSimulated ? await startSimulator(onStarted, logger) : {};
  const publicUrl = config.PUBLIC_URL ?? `http://localhost:${config.PORT}`;
  const first = await startServices({ config, secrets, databaseUrl: engines.databaseUrl, publicUrl, simulated, onStarted });

  const settings = { publicUrl, ...first };
  await writeEnvironmentFile(path.join(config.DATA_DIR, 'env'), clientEnvironment(settings));
  await writeEnvironmentFile(path.join(config.DATA_DIR, 'operator.env'), operatorEnvironment(config, engines.databaseUrl, secrets, first.adminEmail));
  return { ...settings, engines: engines.description, isSimulated };
};

/** What the operator needs to sign in, and the operator's commands to find this deployment. */
const operatorEnvironment = (config: StandaloneConfig, databaseUrl: string, secrets: Secrets, adminEmail: string): Record<string, string> => ({
  DATABASE_URL: databaseUrl,
  OPERATOR_TOKEN: secrets.OPERATOR_TOKEN,
  ADMIN_EMAIL: adminEmail,
  ADMIN_PASSWORD: secrets.ADMIN_PASSWORD,
  ...(config.KAFKA_BROKERS && { KAFKA_BROKERS: config.KAFKA_BROKERS.join(',') }),
  ...(config.KAFKA_TOPIC_PREFIX && { KAFKA_TOPIC_PREFIX: config.KAFKA_TOPIC_PREFIX }),
});

const startSimulator = async (onStarted: (part: Closable) => void, logger: Logger): Promise<Record<string, string>> => {
  const simulator = await startProviderSimulator({ recordedRequests: 0 });
  onStarted({ name: 'provider simulator', close: () => simulator.close() });
  logger.warn('no provider key is set: the provider SIMULATOR answers, with the header x-llm-proxy-simulator');
  return {
    OPENAI_API_KEY: SIMULATED_KEY,
    OPENAI_BASE_URL: simulator.openAiBaseUrl,
    ANTHROPIC_API_KEY: SIMULATED_KEY,
    ANTHROPIC_BASE_URL: simulator.anthropicBaseUrl,
    GROK_API_KEY: SIMULATED_KEY,
    GROK_BASE_URL: simulator.openAiBaseUrl,
    // So that projects may point their integrations at simulators too.
    ALLOW_PRIVATE_UPSTREAMS: '127.0.0.1',
  };
};

/** Asked first, because a taken port would otherwise show only after everything else was started. */
const assertPortIsFree = (port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is taken by another program. Choose one with PORT, e.g. PORT=8090 npm start.`) : error),
    );
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
