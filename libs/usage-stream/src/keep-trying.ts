import type { Logger } from '@llm-proxy/platform-logging';
import { describeError, DeliveryInterrupted } from './usage-stream.errors.js';
import { backoffMs, wait } from './wait.js';

export interface KeepTrying {
  /** What is tried, for the log. */
  what: string;
  logger: Logger;
  signal: AbortSignal;
  /** Errors that end it. @default none */
  unless?: (error: unknown) => boolean;
}

const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 5_000;

/**
 * Repeats work that must not be given up until it succeeds.
 * @throws DeliveryInterrupted when the signal aborts first, and the errors that `unless` names
 */
export const keepTrying = async <Result>(work: () => Promise<Result>, { what, logger, signal, unless }: KeepTrying): Promise<Result> => {
  for (let attempt = 0; ; attempt += 1) {
    if (signal.aborted) throw new DeliveryInterrupted(`interrupted: ${what}`);
    try {
      return await work();
    } catch (error) {
      if (unless?.(error) === true) throw error;
      // One line when it begins and one every few minutes.
      if (attempt % 40 === 0 && !signal.aborted) logger.warn({ err: error }, `${what}: trying again after ${describeError(error)}`);
    }
    await wait(backoffMs(attempt, FIRST_WAIT_MS, MAX_WAIT_MS), signal);
  }
};
