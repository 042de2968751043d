import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from '@llm-proxy/platform-logging';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';

/** Public paths of the other services. What is not listed does not exist outside, `/internal` above all. */
const ACCOUNTS_API_PATHS = ['/accounts', '/config', '/pricing', '/api/participant-token', '/oauth', '/.well-known', '/docs', '/openapi.json'];

const TIMEOUT_MS = 60_000;

const isAtOrBelow = (pathname: string, prefix: string): boolean => pathname === prefix || pathname.startsWith(`${prefix}/`);

/** True for a path that belongs to accounts-api. Dot segments are refused, so that no spelling leads out of the listed paths. */
export const belongsToAccountsApi = (pathname: string): boolean =>
  !/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(pathname) && ACCOUNTS_API_PATHS.some((prefix) => isAtOrBelow(pathname, prefix));

/** Fronts accounts-api, so that one base URL serves everything. */
export const accountsApiProxy = (target: string, logger: Logger): RequestHandler =>
  createProxyMiddleware<IncomingMessage, ServerResponse>({
    target,
    changeOrigin: true,
    xfwd: true,
    agent: new Agent({ keepAlive: true, maxSockets: 256 }),
    proxyTimeout: TIMEOUT_MS,
    pathFilter: (pathname) => belongsToAccountsApi(pathname),
    on: {
      error: (error, _request, response) => {
        logger.warn({ error: error.message }, 'accounts-api is away');
        if (!('writeHead' in response) || response.headersSent) {
          response.destroy();
          return;
        }
        response.writeHead(502, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: { message: 'The accounts service is not reachable right now. Try again in a moment.', code: 'accounts_unavailable' } }));
      },
    },
  });
