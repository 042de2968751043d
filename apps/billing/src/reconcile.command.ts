import { z } from 'zod';
import { readReconcileConfig } from './billing.config.js';
import { reconcile } from './reconcile/reconcile.js';

try {
  process.exitCode = await reconcile(process.argv.slice(2), () => readReconcileConfig().DATABASE_URL, (text) => process.stdout.write(text));
} catch (error) {
  process.stderr.write(`${error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message}\n`);
  process.exitCode = 2;
}
