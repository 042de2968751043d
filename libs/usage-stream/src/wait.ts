import { setTimeout as delay } from 'node:timers/promises';

/** Waits, or less when the signal aborts. Never rejects. */
export const wait = async (timeoutMs: number, signal: AbortSignal): Promise<void> => {
  await delay(timeoutMs, undefined, { signal }).catch(() => undefined);
};

/**
 * Rejects with the signal's reason as soon as it aborts, without waiting for the work. The work goes on; its outcome is then ignored.
 */
export const orAborted = <Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> =>
  new Promise<Result>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });

/** Doubling waits between two bounds, with a fifth of jitter so that many processes do not come back in step. */
export const backoffMs = (attempt: number, firstMs: number, maxMs: number): number =>
  Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30)) * (0.8 + 0.2 * Math.random());
