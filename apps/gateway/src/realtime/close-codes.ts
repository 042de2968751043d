import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { CLOSE_TIMEOUT_MS } from './socket-limits.js';

export const CLOSE = { goingAway: 1001, noCode: 1005, lost: 1006, policy: 1008, tooLarge: 1009, serviceRestart: 1012, tlsFailed: 1015 } as const;

/** How a socket ended, as its peer is to see it. */
export interface Ending {
  code: number;
  reason: Buffer;
}

/** Closes a socket the way its peer ended. 1005 has no wire form but an empty close frame; 1006 and 1015 have none at all, so the connection just ends. */
export const closeAlike = (socket: WebSocket, connection: Socket | null, { code, reason }: Ending): void => {
  if (code === CLOSE.lost || code === CLOSE.tlsFailed) return cut(socket, connection);
  if (code === CLOSE.noCode) socket.close();
  else socket.close(code, reason);
};

/** What was written still goes out; then the connection ends without a close frame. */
const cut = (socket: WebSocket, connection: Socket | null): void => {
  if (connection === null || connection.destroyed || socket.readyState !== WebSocket.OPEN) return socket.terminate();
  const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
  socket.once('close', () => clearTimeout(timer));
  connection.end();
};

/** A message above the limit is the one failure that the other side is told by its code. */
export const endingOf = (error: Error | null, code: number, reason: Buffer): Ending =>
  (error as NodeJS.ErrnoException | null)?.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? { code: CLOSE.tooLarge, reason: Buffer.from('a message is too large') } : { code, reason };
