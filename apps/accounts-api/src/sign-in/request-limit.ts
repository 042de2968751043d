import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { AccountsApiConfig } from '../accounts-api.config.js';
import { errorPage, sendPage } from './pages.js';
import { addressOf } from './request-origin.js';

const WINDOW_MS = 60_000;
/** Whoever has more addresses than that at hand is not stopped by counting them; passwords are counted by account as well. */
const MAX_ADDRESSES = 50_000;

/** Counts per address and minute, in this process, in bounded memory. */
export class RequestLimit {
  private readonly counts = new LRUCache<string, { window: number; count: number }>({ max: MAX_ADDRESSES });

  constructor(private readonly perMinute: number) {}

  /** @param nowMs milliseconds since 1970 */
  admits(address: string, nowMs: number): boolean {
    const window = Math.floor(nowMs / WINDOW_MS);
    const source = networkOf(address);
    const known = this.counts.get(source);
    if (known?.window === window) return ++known.count <= this.perMinute;
    this.counts.set(source, { window, count: 1 });
    return true;
  }
}

/** One person has 2^64 addresses of the sixth version: what counts is the network. */
export const networkOf = (address: string): string => {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array.from({ length: zeros }, () => '0'), ...last].slice(0, 4).join(':');
};

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
