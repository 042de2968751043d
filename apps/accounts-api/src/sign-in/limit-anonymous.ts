import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccountsApiConfig } from '../accounts-api.config.js';
import { addressOf } from '../http/address-of.js';
import { RequestLimit, WINDOW_MS } from '../http/request-limit.js';
import { errorPage, sendPage } from './pages.js';

/** Express middleware before everything that costs something although nobody has said who they are. */
export const limitAnonymous = ({ OAUTH_REQUESTS_PER_MINUTE, TRUSTED_PROXIES }: AccountsApiConfig) => {
  const limit = new RequestLimit(OAUTH_REQUESTS_PER_MINUTE);
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (!/^\/oauth\/(?!jwks)/.test(request.url!) || limit.admits(addressOf(request, TRUSTED_PROXIES), Date.now())) return next();
    response.setHeader('retry-after', WINDOW_MS / 1_000);
    if (!/^\/oauth\/(?:token|revoke|introspect)\b/.test(request.url!)) return sendPage(response, 429, errorPage('There were too many requests from your address. Wait a minute.'));
    response.writeHead(429, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify({ error: 'temporarily_unavailable', error_description: 'too many requests from this address; wait a minute' }));
  };
};
