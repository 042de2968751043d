import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@llm-proxy/platform-logging';

/** Sent by the primary; the worker drains and exits. */
const SHUT_DOWN = 'shut-down';
const RESTART_DELAY_MS = 1_000;
/** On top of the drain time: flushing events, closing engines. */
const KILL_AFTER_DRAIN_MS = 15_000;

export interface GatewayWorkers {
  close(): Promise<void>;
}

export interface GatewayWorkersOptions {
  count: number;
  env: Record<string, string>;
  drainTimeoutMs: number;
  logger: Logger;
}

/** Runs several gateway processes behind one port, and starts a worker anew when it dies. Resolves when all of them listen. */
export const startGatewayWorkers = async (options: GatewayWorkersOptions): Promise<GatewayWorkers> => {
  cluster.setupPrimary({ exec: fileURLToPath(new URL('./main.js', import.meta.url)), args: [] });
  let closing = false;
  const slots = new Map<number, Worker>();

  const fork = (slot: number): Promise<void> => {
    const worker = cluster.fork({ ...options.env, GATEWAY_SLOT: String(slot), GATEWAY_SLOTS: String(options.count), GATEWAY_WORKERS: '1' });
    slots.set(slot, worker);
    worker.on('exit', (code, signal) => {
      if (closing) return;
      options.logger.error({ slot, code, signal }, 'a gateway worker died and is started again');
      setTimeout(() => {
        if (!closing) void fork(slot).catch(() => undefined);
      }, RESTART_DELAY_MS);
    });
    return new Promise((resolve, reject) => {
      worker.once('listening', () => resolve());
      worker.once('exit', (code) => reject(new Error(`gateway worker ${slot} ended with code ${code} before it listened`)));
    });
  };

  await Promise.all(Array.from({ length: options.count }, (_, slot) => fork(slot)));
  return {
    close: async () => {
      closing = true;
      await Promise.all([...slots.values()].map((worker) => stopWorker(worker, options.drainTimeoutMs + KILL_AFTER_DRAIN_MS)));
    },
  };
};

const stopWorker = async (worker: Worker, killAfterMs: number): Promise<void> => {
  if (worker.isDead()) return;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  if (worker.isConnected()) worker.send(SHUT_DOWN);
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), killAfterMs);
  await exited;
  clearTimeout(timer);
};

/** In a worker: calls back once when the primary asks it to end, or is gone. */
export const onShutDownMessage = (shutDown: () => void): void => {
  process.once('disconnect', shutDown);
  process.on('message', (message) => {
    if (message === SHUT_DOWN) shutDown();
  });
};
