import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { jestFlags, pinnedNode } from '../workspace/node.mjs';
import { inRoot, root } from '../workspace/root.mjs';
import { run } from '../workspace/run.mjs';
import { warn } from '../workspace/say.mjs';

/** The specs of a project with real engines beside a build may all want the same two cores. */
const TEST_TIMEOUT_MS = 30_000;
const EXIT_GRACE_MS = 30_000;
const POLL_MS = 1_000;

/**
 * @typedef {object} JestOutcome
 * @property {number} passed
 * @property {number} failed tests, and suites that did not even start
 * @property {{ spec: string, count: number }[]} skipped
 */

/** @returns {JestOutcome} */
const read = (/** @type {string} */ file) => {
  const result = JSON.parse(readFileSync(file, 'utf8'));
  const skipped = result.testResults
    .map((/** @type {any} */ suite) => ({
      spec: path.relative(root, suite.name),
      count: suite.assertionResults.filter((/** @type {any} */ test) => test.status === 'pending' || test.status === 'todo').length,
    }))
    .filter((/** @type {{ count: number }} */ suite) => suite.count > 0);
  return { passed: result.numPassedTests, failed: result.numFailedTests + result.numRuntimeErrorTestSuites, skipped };
};

/** Ends a jest that has written its results and still does not exit, because a spec left something open. */
const endWhenStuck = (/** @type {string} */ resultFile, /** @type {() => void} */ stuck) => {
  let sinceMs = Infinity;
  return setInterval(() => {
    if (!existsSync(resultFile)) return;
    sinceMs = Math.min(sinceMs, Date.now());
    if (Date.now() - sinceMs > EXIT_GRACE_MS) stuck();
  }, POLL_MS);
};

/**
 * Runs jest over all projects.
 * @param {{ args: string[], env: NodeJS.ProcessEnv, resultFile: string, signal: AbortSignal }} options
 * @returns {Promise<JestOutcome>}
 */
export const runJest = async ({ args, env, resultFile, signal }) => {
  const ending = new AbortController();
  let stuck = false;
  const timer = endWhenStuck(resultFile, () => {
    stuck = true;
    ending.abort();
  });
  const config = ['--config', inRoot('tools', 'test', 'jest.config.mjs'), `--testTimeout=${TEST_TIMEOUT_MS}`, '--maxWorkers=2'];
  const report = ['--json', `--outputFile=${resultFile}`];
  const command = [...jestFlags, inRoot('node_modules', 'jest', 'bin', 'jest.js'), ...config, ...report, ...args];
  const { code } = await run(pinnedNode(), command, { env, signal: AbortSignal.any([signal, ending.signal]) });
  clearInterval(timer);
  if (!existsSync(resultFile)) return { passed: 0, failed: 1, skipped: [] };
  const outcome = read(resultFile);
  if (stuck) warn('jest did not exit after the last test: a spec left a server, a connection or a timer open');
  // Whatever else made jest fail, such as a spec that left something open, is one failure.
  return code !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
};
