import type { Logger } from '@llm-proxy/platform-logging';
import pg from 'pg';
import { backoffMs, wait } from '../wait.js';

/** Tells consumers that something was published, by LISTEN. It can miss something, so consumers also look from time to time. */
export interface WakeUps {
  /** Begins to watch for news of a topic; to be called before looking, so that nothing that comes during the look is missed. */
  watch(topicId: number): NewsWatch;
  close(): Promise<void>;
}

export interface NewsWatch {
  /** Resolves when there is or was news since the watch began, after the timeout, or when the signal aborts. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

const CHANNEL = 'usage_stream';

export const createWakeUps = (databaseUrl: string, applicationName: string, logger: Logger): WakeUps => {
  const closing = new AbortController();
  const bells = new Map<number, AbortController>();
  let listening: Promise<void> | undefined;

  const bellOf = (topicId: number): AbortController => {
    const bell = bells.get(topicId) ?? new AbortController();
    bells.set(topicId, bell);
    return bell;
  };

  const ring = (topicId: number): void => {
    bells.get(topicId)?.abort();
    bells.delete(topicId);
  };

  const watch = (topicId: number): NewsWatch => {
    listening ??= listenUntilClosed({ databaseUrl, applicationName, logger, signal: closing.signal, ring });
    const { signal: rung } = bellOf(topicId);
    return { wait: (timeoutMs, signal) => wait(timeoutMs, AbortSignal.any([signal, rung])) };
  };

  const close = async (): Promise<void> => {
    closing.abort();
    await listening;
  };

  return { watch, close };
};

interface Listener {
  databaseUrl: string;
  applicationName: string;
  logger: Logger;
  signal: AbortSignal;
  ring(topicId: number): void;
}

const listenUntilClosed = async (listener: Listener): Promise<void> => {
  for (let attempt = 0; !listener.signal.aborted; attempt += 1) {
    const lost = await listenOnce(listener).catch((error: unknown) => error);
    if (listener.signal.aborted) return;
    listener.logger.debug({ err: lost }, 'wake-ups are lost, listening again');
    await wait(backoffMs(attempt % 5, 250, 5_000), listener.signal);
  }
};

/** Rejects when the connection is lost. Resolves when the signal aborts. */
const listenOnce = async ({ databaseUrl, applicationName, signal, ring }: Listener): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: `${applicationName} wake-ups`, connectionTimeoutMillis: 5_000, keepAlive: true });
  const ended = new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('end', () => reject(new Error('the connection ended')));
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  ended.catch(() => undefined);
  client.on('notification', ({ payload }) => ring(Number(payload)));
  try {
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    await ended;
  } finally {
    await client.end().catch(() => undefined);
  }
};
