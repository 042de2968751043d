// The test run, under the pinned Node: engines beside the build, lint, one jest over everything, and always a tidy end.
import path from 'node:path';
import { createEngines } from '../engines/bring-engines.mjs';
import { failedLintSteps } from '../lint/steps.mjs';
import { build } from '../workspace/build.mjs';
import { say, warn } from '../workspace/say.mjs';
import { whatCouldNotRun } from './could-not-run.mjs';
import { runJest } from './run-jest.mjs';

const INTERRUPTED = 130;

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interruption.abort());
/** Every step begins with it. */
const step = (/** @type {string} */ what) => {
  interruption.signal.throwIfAborted();
  say(what);
};

const engines = createEngines();
const reportFile = path.join(engines.folder, 'could-not-run');
const totals = { passed: 0, failed: 0 };
/** @type {string[]} */
let missing = [];

const runAll = async () => {
  step('bringing up Redis and Kafka beside the build');
  const brought = engines.bring('redis', 'kafka');
  await build();
  step('linting');
  totals.failed += await failedLintSteps(interruption.signal);
  step('waiting for the engines');
  await Promise.all([engines.bring('postgres'), brought]);
  step('testing');
  const outcome = await runJest({
    args: process.argv.slice(2),
    env: { ...engines.environment(), TEST_COULD_NOT_RUN_FILE: reportFile },
    resultFile: path.join(engines.folder, 'result.json'),
    signal: interruption.signal,
  });
  totals.passed += outcome.passed;
  totals.failed += outcome.failed;
  missing = whatCouldNotRun({ reportFile, unavailable: engines.unavailable, skipped: outcome.skipped });
};

try {
  await runAll();
} catch (error) {
  totals.failed += 1;
  warn(interruption.signal.aborted ? 'interrupted' : /** @type {Error} */ (error).message);
} finally {
  say('stopping the engines');
  await engines.stop();
}

if (missing.length > 0) {
  process.stdout.write(`\n${'!'.repeat(70)}\nCOULD NOT RUN:\n${missing.map((line) => `  ${line}`).join('\n')}\n${'!'.repeat(70)}\n`);
  if (process.env['CI'] === 'true') {
    totals.failed += 1;
    process.stdout.write('With CI=true that is a failure.\n');
  }
}
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed\n`);
process.exitCode = interruption.signal.aborted ? INTERRUPTED : Number(totals.failed > 0);
