import { createLogger } from '@llm-proxy/platform-logging';
import { banner } from './banner.js';
import { readStandaloneConfig } from './standalone.config.js';
import { startStandalone } from './standalone.js';

const fail = (error: unknown): never => {
  process.stderr.write(`\nThe LLM proxy could not start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
};

try {
  const config = readStandaloneConfig();
  const logger = createLogger('standalone', config.LOG_LEVEL);
  let stopping = false;
  const starting = startStandalone(config, logger);
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    process.stdout.write('\nStopping…\n');
    await starting.then((running) => running.close()).catch(() => undefined);
    process.stdout.write('Stopped.\n');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
  const running = await starting;
  if (!stopping) process.stdout.write(banner(running, config.DATA_DIR));
} catch (error) {
  fail(error);
}
