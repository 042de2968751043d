// The `generate` script of an app with a Prisma schema: writes its client into src/generated. Needs no database and no network.
import { runPrisma } from './run-prisma.mjs';

/** The client does not depend on it, but a configuration that reads the address fails without one. */
const ANY_ADDRESS = 'postgresql://nobody@127.0.0.1:1/none';

process.exitCode = await runPrisma(['generate', ...process.argv.slice(2)], process.cwd(), { DATABASE_URL: process.env['DATABASE_URL'] || ANY_ADDRESS });
