// npm run reseal: after a new KEY_ENCRYPTION_KEY, seals everything with it that PREVIOUS_KEY_ENCRYPTION_KEYS sealed.
import { ConfigError } from '@llm-proxy/platform-config';
import { SecretBox } from '@llm-proxy/shared-auth';
import { readResealConfig, sealingKeysOf } from '../accounts-api.config.js';
import { openDatabase } from '../database/database.js';
import { reseal, type Resealed } from './reseal.js';

const USAGE = `
Usage: npm run reseal
  Seals everything of the database anew with KEY_ENCRYPTION_KEY that one of PREVIOUS_KEY_ENCRYPTION_KEYS sealed.
  Services may run meanwhile, and it may be run again. What no configured key opens is counted and left as it is.

  DATABASE_URL                  of accounts-api
  KEY_ENCRYPTION_KEY            the new key
  PREVIOUS_KEY_ENCRYPTION_KEYS  the keys before it, comma-separated

  Ends with 0, or 1 when something could not be opened. docs/configuration.md has all steps.
`;

const main = async (): Promise<Resealed[]> => {
  const config = readResealConfig();
  const database = openDatabase(config.DATABASE_URL);
  try {
    return await reseal(database, new SecretBox(sealingKeysOf(config)));
  } finally {
    await database.$disconnect();
  }
};

const run = async (): Promise<void> => {
  const results = await main();
  for (const { what, resealed, unreadable } of results) {
    process.stdout.write(`${what}: ${resealed} sealed anew${unreadable > 0 ? `, ${unreadable} CANNOT BE OPENED with the keys that are configured` : ''}\n`);
  }
  process.exitCode = results.some(({ unreadable }) => unreadable > 0) ? 1 : 0;
};

const [argument] = process.argv.slice(2);
try {
  if (argument === undefined) await run();
  else if (argument === '--help') process.stdout.write(USAGE.trimStart());
  else throw new ConfigError(`It takes no arguments, and was given ${argument}.`);
} catch (error) {
  const isUsage = error instanceof ConfigError;
  process.stderr.write(`${(error as Error).message}\n${isUsage ? USAGE : ''}`);
  process.exitCode = isUsage ? 2 : 1;
}
