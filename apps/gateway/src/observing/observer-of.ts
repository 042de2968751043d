import type { Logger } from '@llm-proxy/platform-logging';
import type { Metrics, Tracing } from '@llm-proxy/platform-telemetry';
import type { CallWatch, RelayObserver } from '../relay/observer.js';
import { CallTraces } from './call-traces.js';
import { RelayMetrics } from './relay-metrics.js';
import { type LoggedDetail, RequestLog } from './request-log.js';

export interface ObserverOptions {
  metrics: Metrics | undefined;
  tracing: Tracing | null;
  logger: Logger;
  logRequests: LoggedDetail | 'off';
}

/** Everyone who watches, as the settings say; undefined when nobody does. */
export const observerOf = ({ metrics, tracing, logger, logRequests }: ObserverOptions): RelayObserver | undefined => {
  const observers: RelayObserver[] = [];
  if (metrics !== undefined) observers.push(new RelayMetrics(metrics));
  if (tracing !== null) observers.push(new CallTraces(tracing));
  // A logger that would drop the lines is not worth building them.
  if (logRequests !== 'off' && logger.isLevelEnabled('info')) observers.push(new RequestLog(logger, logRequests));
  return together(observers);
};

const together = (observers: readonly RelayObserver[]): RelayObserver | undefined => {
  if (observers.length < 2) return observers[0];
  return {
    forwarding: (call) => watchTogether(observers.map((observer) => observer.forwarding(call))),
    refused: (refused) => {
      for (const observer of observers) observer.refused(refused);
    },
    socketEnded: (socket) => {
      for (const observer of observers) observer.socketEnded(socket);
    },
  };
};

const watchTogether = (watches: readonly CallWatch[]): CallWatch => {
  const listeners = watches.map(({ answerChunk }) => answerChunk).filter((listener) => listener !== null);
  return {
    traceparent: watches.find(({ traceparent }) => traceparent !== null)?.traceparent ?? null,
    answerChunk: listeners.length === 0 ? null : (chunk) => listeners.forEach((listen) => listen(chunk)),
    ended: (end) => {
      for (const watch of watches) watch.ended(end);
    },
  };
};
