// npm run reseal: after a new KEY_ENCRYPTION_KEY, seals everything with it that PREVIOUS_KEY_ENCRYPTION_KEYS sealed.
import { ConfigError } from '@llm-proxy/platform-config';
import { SecretBox } from '@llm-proxy/shared-auth';
import { readResealConfig, sealingKeysOf } from '../accounts-api.config.js';
import { openDatabase } from '../database/database.js';
import { reseal, type Resealed } from './reseal.js';

const main = async (): Promise<Resealed[]> => {
  const config = readResealConfig();
  const database = openDatabase(config.DATABASE_URL);
  try {
    return await reseal(database, new SecretBox(sealingKeysOf(config)));
  } finally {
    await database.$disconnect();
  }
};

try {
  const results = await main();
  for (const { what, resealed, unreadable } of results) {
    process.stdout.write(`${what}: ${resealed} sealed anew${unreadable > 0 ? `, ${unreadable} CANNOT BE OPENED with the keys that are configured` : ''}\n`);
  }
  process.exitCode = results.some(({ unreadable }) => unreadable > 0) ? 1 : 0;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof ConfigError ? 2 : 1;
}
