import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../access/caller.js';

/** Where the request at hand comes from, and, once the guard let it in, from whom. */
export interface RequestContext {
  /** As the gateways before us forwarded it: the last address is what the last of them saw. */
  address: string | null;
  userAgent: string | null;
  caller: Caller | null;
}

const contexts = new AsyncLocalStorage<RequestContext>();

/** Null outside of a request, such as at the first start. */
export const requestContext = (): RequestContext | null => contexts.getStore() ?? null;

const MAX_CHARACTERS = 256;

/** Node takes header values in Latin-1, control characters among them; the log is for people. */
const clean = (value: string | undefined): string | null => value?.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').slice(0, MAX_CHARACTERS) ?? null;

/** Express middleware: everything that follows for the request finds its context. */
export const rememberRequest = (request: IncomingMessage, _response: ServerResponse, next: () => void): void => {
  const forwarded = request.headers['x-forwarded-for'];
  const address = clean([forwarded ?? []].flat().join(', ')) || (request.socket.remoteAddress ?? null);
  contexts.run({ address, userAgent: clean(request.headers['user-agent']), caller: null }, next);
};
