// npm run bench -- [gateway] [credentials] [flood] [stream] [pipeline] [startup] [--quick] [--long] [--json FILE] [--profile FOLDER]
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createEngines } from '../tools/engines/bring-engines.mjs';
import { main, ToolError } from '../tools/workspace/say.mjs';
import { runCredentials } from './credentials/run-credentials.mjs';
import { runFlood } from './flood/run-flood.mjs';
import { runGateway } from './gateway/run-gateway.mjs';
import { runPipeline } from './pipeline/run-pipeline.mjs';
import { describeMachine, machineLines } from './report/machine.mjs';
import { heading } from './report/table.mjs';
import { runStartup } from './startup/run-startup.mjs';
import { runStream } from './stream/run-stream.mjs';

/**
 * @typedef {object} RunOptions
 * @property {boolean} quick a glance: fewer and shorter rounds
 * @property {boolean} long a million requests or events, to see that memory stays flat
 * @property {string | undefined} profile folder for CPU profiles, instead of the figures
 * @property {{ kafkaBrokers: () => Promise<string[]>, redisUrl: () => Promise<string> }} engines
 * @property {(text: string) => void} print
 */

const SUITES = { gateway: runGateway, credentials: runCredentials, flood: runFlood, stream: runStream, pipeline: runPipeline, startup: runStartup };

/**
 * @param {string} name
 * @returns {name is keyof typeof SUITES}
 */
const isSuite = (name) => Object.hasOwn(SUITES, name);

const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean', default: false }, long: { type: 'boolean', default: false }, json: { type: 'string' }, profile: { type: 'string' } },
    });
  } catch (error) {
    throw new ToolError(/** @type {Error} */ (error).message);
  }
};

/** Engines are brought when a suite asks for them. */
const bringEngines = () => {
  const engines = createEngines();
  const addressOf = async (/** @type {'kafka' | 'redis'} */ engine) => {
    const variable = { kafka: 'TEST_KAFKA_BROKERS', redis: 'TEST_REDIS_URL' }[engine];
    const known = () => /** @type {Record<string, string>} */ (engines.environment())[variable];
    if (known() === undefined) await engines.bring(engine);
    const address = known();
    if (address === undefined) throw new ToolError(engines.unavailable.get(engine) ?? `${engine} could not be had`);
    return address;
  };
  return { kafkaBrokers: async () => (await addressOf('kafka')).split(','), redisUrl: () => addressOf('redis'), stop: engines.stop };
};

await main(async () => {
  const { values, positionals } = readArguments();
  const unknown = positionals.filter((name) => !isSuite(name));
  if (unknown.length > 0) throw new ToolError(`There is no benchmark "${unknown[0]}"; there are ${Object.keys(SUITES).join(', ')}.`);
  const names = (positionals.length > 0 ? positionals : Object.keys(SUITES)).filter(isSuite);
  const print = (/** @type {string} */ text) => process.stdout.write(`${text}\n`);
  const machine = describeMachine();
  print(machineLines(machine).join('\n'));
  const engines = bringEngines();
  // Ctrl-C: nothing is left behind, and there is no figure.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => void engines.stop().finally(() => process.exit(130)));
  /** @type {Record<string, unknown>} */
  const results = {};
  try {
    for (const name of names) {
      print(heading(name.toUpperCase()));
      results[name] = await SUITES[name]({ quick: values.quick, long: values.long, profile: values.profile, engines, print });
    }
  } finally {
    await engines.stop();
  }
  if (values.json !== undefined) writeFileSync(path.resolve(values.json), `${JSON.stringify({ machine, results }, null, 2)}\n`);
});
// The handles of a library that closes slowly must not keep a finished benchmark alive.
process.exit();
