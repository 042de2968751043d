import { reportCouldNotRun } from './could-not-run.js';
import { type EngineName, isUnavailable } from './engines.config.js';

interface Describe {
  (name: string, body: () => void): void;
  skip(name: string, body: () => void): void;
}

/**
 * `describe` for specs that need engines. When the run could not get one of them, the specs inside are skipped, and listed
 * at the end of the run as what could not run.
 */
export const describeWith = (needed: EngineName[], name: string, body: () => void): void => {
  const { describe } = globalThis as unknown as { describe: Describe };
  const missing = needed.filter(isUnavailable);
  if (missing.length === 0) return describe(name, body);
  reportCouldNotRun(`${missing.join(', ')} could not be had: ${name}`);
  describe.skip(name, body);
};
