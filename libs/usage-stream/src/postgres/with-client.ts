import type pg from 'pg';

/**
 * Runs work on one connection of the pool. After a failure the connection is ended, not used again, so that a transaction is rolled
 * back also when the server did not answer. When the signal aborts, it is ended at once and the work fails.
 */
export const withClient = async <Result>(pool: pg.Pool, work: (client: pg.ClientBase) => Promise<Result>, signal?: AbortSignal): Promise<Result> => {
  const client = await pool.connect();
  let released = false;
  const release = (broken: boolean): void => {
    if (!released) client.release(broken);
    released = true;
  };
  const onAbort = (): void => release(true);
  // A connection that breaks fails the query under way; the event comes on top, and would end the process if nobody listened.
  const onError = (): void => undefined;
  client.on('error', onError);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    const result = await work(client);
    client.off('error', onError);
    release(false);
    return result;
  } catch (error) {
    release(true);
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
};

/** @throws what the work throws, after a rollback */
export const inTransaction = <Result>(pool: pg.Pool, work: (client: pg.ClientBase) => Promise<Result>): Promise<Result> =>
  withClient(pool, async (client) => {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  });
