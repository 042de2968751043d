const PAUSE_MS = 50;

export interface UntilOptions {
  /** @default 90000 */
  timeoutMs?: number;
  /** Gives up at once. */
  stopWhen?: () => boolean;
}

/** Waits until the condition holds; what it throws counts as "not yet", and is the cause when time is up. */
export const until = async (condition: () => Promise<boolean> | boolean, options: UntilOptions = {}): Promise<void> => {
  const end = Date.now() + (options.timeoutMs ?? 90_000);
  let last: unknown;
  for (;;) {
    try {
      if (await condition()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (options.stopWhen?.() === true || Date.now() > end) throw new Error('the condition was not met in time', { cause: last });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
};
