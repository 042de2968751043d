import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Provider } from '../providers/index.js';
import { type Refusal, refusals } from '../refusals.js';
import type { Route } from '../relay/route.js';
import type { Upstream } from '../relay/upstreams.js';
import type { Handshake } from './handshake.js';
import { KEEP_ALIVE_PROBE_MS, type SocketLimits, socketOptions } from './socket-limits.js';

/** How the provider answered the handshake. */
export type UpstreamAnswer =
  /** Accepted. The socket is paused until somebody listens. */
  | { kind: 'open'; socket: WebSocket; headers: IncomingHttpHeaders; protocol: string | null }
  /** Answered with another status, to be passed on. */
  | { kind: 'rejected'; answer: IncomingMessage }
  | { kind: 'failed'; refusal: Refusal };

/** Connects to the provider. Never rejects; gives up after the connect timeout, or when the client has gone. */
export const connectUpstream = (route: Route, upstream: Upstream, handshake: Handshake, limits: SocketLimits, clientGone: AbortSignal): Promise<UpstreamAnswer> =>
  new Promise((resolve) => {
    const socket = openSocket(route, upstream, handshake, limits);
    if (socket === null) return resolve({ kind: 'failed', refusal: refusals.handshakeInvalid('its URL cannot be passed on') });
    const abandon = (): void => socket.terminate();
    clientGone.addEventListener('abort', abandon, { once: true });
    let headers: IncomingHttpHeaders = {};
    let protocol: string | null = null;
    socket.once('upgrade', (answer) => {
      answer.socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
      protocol = selectedProtocol(answer, handshake);
      headers = answer.headers;
    });
    socket.once('open', () => {
      // Frames may come in the same breath as the answer, before anybody listens.
      socket.pause();
      clientGone.removeEventListener('abort', abandon);
      resolve({ kind: 'open', socket, headers, protocol });
    });
    socket.once('unexpected-response', (_request, answer) => resolve({ kind: 'rejected', answer }));
    socket.on('error', (error) => resolve({ kind: 'failed', refusal: refusalFor(error, route.provider) }));
  });

const openSocket = (route: Route, upstream: Upstream, handshake: Handshake, limits: SocketLimits): WebSocket | null => {
  const url = upstream.origin.replace(/^http/, 'ws') + route.provider.upstreamPath(upstream.basePath, route.path) + route.query;
  const [keyName, key] = upstream.keyHeader;
  const headers: Record<string, string | string[]> = { ...handshake.headers, [keyName]: key };
  // As a header and not as an argument: ws would fail the connection when the provider selects none, which is allowed.
  if (handshake.protocols.length > 0) headers['sec-websocket-protocol'] = handshake.protocols.join(', ');
  try {
    return new WebSocket(url, { ...socketOptions(limits), headers, handshakeTimeout: limits.connectMs, followRedirects: false });
  } catch {
    return null;
  }
};

/** Takes the selected subprotocol out of the answer before ws, which was told of none, looks for it. */
const selectedProtocol = (answer: IncomingMessage, { protocols }: Handshake): string | null => {
  const selected = answer.headers['sec-websocket-protocol'];
  delete answer.headers['sec-websocket-protocol'];
  return selected !== undefined && protocols.includes(selected) ? selected : null;
};

const refusalFor = (error: Error, provider: Provider): Refusal =>
  /timed out/.test(error.message) || (error as NodeJS.ErrnoException).code === 'ETIMEDOUT' ? refusals.providerTimeout(provider.title) : refusals.providerUnreachable(provider.title);
