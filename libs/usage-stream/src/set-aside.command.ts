import { ConfigError } from '@llm-proxy/platform-config';
import { createLogger } from '@llm-proxy/platform-logging';
import { createUsageStream } from './create-usage-stream.js';
import { parseSetAsideArguments, runSetAside, UsageError } from './run-set-aside.js';
import { readSetAsideConfig } from './set-aside.config.js';

const main = async (): Promise<string> => {
  const args = parseSetAsideArguments(process.argv.slice(2));
  const { DATABASE_URL, KAFKA_BROKERS, KAFKA_TOPIC_PREFIX } = readSetAsideConfig();
  const logger = createLogger('set-aside', 'warn');
  const stream = createUsageStream({ databaseUrl: DATABASE_URL, kafkaBrokers: KAFKA_BROKERS, kafkaTopicPrefix: KAFKA_TOPIC_PREFIX, clientId: 'set-aside', logger });
  try {
    // Makes the tables where they are missing, and no topic: a misspelt name must not become one.
    await stream.connect([]);
    return await runSetAside(stream, args);
  } finally {
    await stream.close();
  }
};

try {
  process.stdout.write(`${await main()}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
}
