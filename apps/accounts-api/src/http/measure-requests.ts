import type { IncomingMessage, ServerResponse } from 'node:http';
import { Histogram, type Metrics } from '@llm-proxy/platform-telemetry';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25];

interface RoutedRequest extends IncomingMessage {
  route?: { path: string };
  originalUrl?: string;
}

/** Express middleware: how many requests there were, how they ended and how long they took. */
export const measureRequests = (metrics: Metrics) => {
  const seconds = new Histogram({
    name: 'llm_proxy_accounts_request_seconds',
    help: 'Requests to accounts-api, from their head to the end of the answer. Gateways wait under /internal/changes on purpose.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: SECONDS,
    registers: [metrics],
  });
  return (request: RoutedRequest, response: ServerResponse, next: () => void): void => {
    const startedMs = performance.now();
    response.once('close', () => {
      // Whoever went away before the answer was there has no status.
      const status = response.headersSent ? String(response.statusCode) : 'none';
      seconds.observe({ method: methodOf(request), route: routeOf(request), status }, (performance.now() - startedMs) / 1_000);
    });
    next();
  };
};

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** Callers can neither make up a label nor put an id into one. */
const methodOf = ({ method = '' }: IncomingMessage): string => (METHODS.has(method) ? method : 'other');

const routeOf = ({ route, originalUrl = '' }: RoutedRequest): string => {
  if (route !== undefined) return route.path.replaceAll('\\:', ':');
  return /^\/(?:oauth|\.well-known)\//.test(originalUrl) ? 'authorization-server' : 'none';
};
