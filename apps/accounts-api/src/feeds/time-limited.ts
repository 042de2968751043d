import { createContext, Script } from 'node:vm';

const context = createContext({ work: () => undefined as unknown });
const script = new Script('work()');

/** The work was ended before it was done. */
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}

/**
 * Runs synchronous work that a stranger's data may make endless, regular expressions included, and ends it when the time is up.
 * @throws TookTooLong, and what the work throws
 */
export const withinTime = <Result>(timeoutMs: number, work: () => Result): Result => {
  context['work'] = work;
  try {
    return script.runInContext(context, { timeout: timeoutMs }) as Result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new TookTooLong(`ended after ${timeoutMs} ms`);
    throw error;
  } finally {
    context['work'] = undefined;
  }
};
