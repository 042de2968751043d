import { type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Provider } from '../providers/index.js';
import { type Refusal, refusals } from '../refusals.js';
import { ErrorAnswer, type ShownError } from '../relay/error-answer.js';
import type { KeyEcho } from '../relay/key-echo.js';
import { answerHeaders } from '../relay/response-head.js';
import { type SocketLimits, socketOptions } from './socket-limits.js';

/** An ordinary HTTP response on the socket of an upgrade request; the connection ends with it. */
export const responseOn = (request: IncomingMessage, socket: Socket): ServerResponse => {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.on('error', () => undefined);
  response.once('finish', () => socket.destroySoon());
  response.assignSocket(socket);
  return response;
};

/** How the provider refused a handshake, fit to be shown. */
export interface Rejection extends ShownError {
  status: number;
}

/**
 * Reads the provider's refusal of a handshake, without the key that it may quote.
 * @returns a refusal of ours when it broke off or cannot be looked through
 */
export const readRejection = async (answer: IncomingMessage, { title }: Provider, keyEcho: KeyEcho): Promise<Rejection | Refusal> => {
  const status = answer.statusCode!;
  const error = new ErrorAnswer(keyEcho, { status, statusMessage: answer.statusMessage ?? '', headers: answer.headers });
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      error.push(chunk);
      if (error.isTooLong) break;
    }
  } catch {
    return refusals.providerUnreachable(title);
  }
  const shown = error.withoutKey();
  return shown === null ? refusals.providerErrorUnreadable(title, status) : { status, ...shown };
};

/** Passes the provider's refusal on: status, headers and body. */
export const passOn = ({ status, statusMessage, headers, body }: Rejection, response: ServerResponse, requestId: string): void => {
  response.writeHead(status, statusMessage, answerHeaders(headers, requestId, true));
  response.end(body);
};

/** Said of the provider's connection, or of a body that a 101 does not have. */
const NOT_ON_UPGRADE = /^(?:sec-websocket-|content-)/;

interface Acceptance {
  protocol: string | null;
  headers: IncomingHttpHeaders;
  requestId: string;
}

/** @returns a function that accepts an upgrade; it returns null when the client has gone meanwhile */
export const createAcceptor = (limits: SocketLimits) => {
  const accepting = new WeakMap<IncomingMessage, Acceptance>();
  const server = new WebSocketServer({
    ...socketOptions(limits),
    noServer: true,
    clientTracking: false,
    handleProtocols: (_offered, request) => accepting.get(request)?.protocol ?? false,
  });
  server.on('headers', (lines, request) => {
    const { headers, requestId } = accepting.get(request)!;
    for (const [name, value] of Object.entries(answerHeaders(headers, requestId, true))) {
      if (!NOT_ON_UPGRADE.test(name)) for (const each of [value].flat()) lines.push(`${name}: ${each}`);
    }
  });
  return (request: IncomingMessage, socket: Socket, head: Buffer, acceptance: Acceptance): WebSocket | null => {
    accepting.set(request, acceptance);
    // What the client offered holds its credential; ws is to see the selected one alone.
    if (acceptance.protocol === null) delete request.headers['sec-websocket-protocol'];
    else request.headers['sec-websocket-protocol'] = acceptance.protocol;
    let accepted: WebSocket | null = null;
    server.handleUpgrade(request, socket, head, (client) => (accepted = client));
    return accepted;
  };
};
