import { ConfigError } from '@llm-proxy/platform-config';
import { readPricesConfig } from './prices.config.js';
import { parsePricesArguments, runPrices, UsageError } from './run-prices.js';

try {
  const request = parsePricesArguments(process.argv.slice(2), new Date());
  process.stdout.write(`${runPrices(request, readPricesConfig().PRICE_FILE)}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
}
