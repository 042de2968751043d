import { appendFileSync } from 'node:fs';
import { couldNotRunFile } from './engines.config.js';

interface JestExpect {
  getState(): { testPath?: string };
}

const currentSpec = (): string => (globalThis as { expect?: JestExpect }).expect?.getState().testPath ?? 'outside of a spec';

/** Puts the current spec on the list that `npm test` prints at its end, and that fails the run under `CI=true`. */
export const reportCouldNotRun = (reason: string): void => {
  const file = couldNotRunFile();
  if (file !== null) appendFileSync(file, `${JSON.stringify({ spec: currentSpec(), reason })}\n`);
};
