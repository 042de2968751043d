// node tools/prisma/migrate.mjs <app> <dev|diff|status|…> [arguments]
// `prisma migrate` for one app. Without DATABASE_URL it works on a PostgreSQL of its own, which goes afterwards: enough to write
// a migration, since every migration is applied to it first.
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inRoot } from '../workspace/root.mjs';
import { main, say, ToolError } from '../workspace/say.mjs';
import { runPrisma } from './run-prisma.mjs';

const throwAwayPostgres = async () => {
  const built = inRoot('libs', 'platform', 'postgres', 'dist', 'index.js');
  if (!existsSync(built)) throw new ToolError('Run "npm run build" first, or set DATABASE_URL.');
  const { ensureDatabase, startEmbeddedPostgres } = await import(built);
  const folder = mkdtempSync(path.join(tmpdir(), 'llm-proxy-migrate-'));
  chmodSync(folder, 0o711);
  say('no DATABASE_URL: using an embedded PostgreSQL for this one command');
  const server = await startEmbeddedPostgres({ dataDir: path.join(folder, 'data'), logFile: path.join(folder, 'postgres.log'), durable: false });
  await ensureDatabase(server.url('postgres'), 'llm_proxy');
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: server.url('llm_proxy'), stop };
};

await main(async () => {
  const [app = '', ...args] = process.argv.slice(2);
  const folder = inRoot('apps', app);
  if (app === '' || args.length === 0 || !existsSync(path.join(folder, 'prisma', 'schema.prisma'))) {
    throw new ToolError('Usage: node tools/prisma/migrate.mjs <app with a prisma schema> <dev|diff|status|…> [arguments]', 2);
  }
  const given = process.env['DATABASE_URL'];
  const database = given ? { url: given, stop: async () => undefined } : await throwAwayPostgres();
  try {
    process.exitCode = await runPrisma(['migrate', ...args], folder, { DATABASE_URL: database.url });
  } finally {
    await database.stop();
  }
});
