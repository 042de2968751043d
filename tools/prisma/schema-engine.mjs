#!/usr/bin/env node
// Stands in for Prisma's native schema engine: the same command line and JSON-RPC over standard input and output, answered by
// the WebAssembly build of that engine, which comes with `npm ci`. Named to Prisma by PRISMA_SCHEMA_ENGINE_BINARY.
import { readFileSync } from 'node:fs';
import { parseCommandLine } from './schema-engine/command-line.mjs';
import { runDatabaseCommand } from './schema-engine/database-commands.mjs';
import { serveRequests } from './schema-engine/json-rpc.mjs';
import { createEngine } from './schema-engine/wasm-engine.mjs';

const asked = parseCommandLine(process.argv.slice(2));

if (asked.version) {
  process.stdout.write('schema-engine-wasm\n');
} else if (asked.databaseCommand !== null) {
  process.exitCode = await runDatabaseCommand(asked.databaseCommand, asked.url);
} else {
  const datamodels = asked.datamodels.map((file) => [file, readFileSync(file, 'utf8')]);
  await serveRequests(() => createEngine(asked.url, datamodels));
  process.exit();
}
