import type { IncomingHttpHeaders } from 'node:http';

export interface RecordedFrame {
  /** The very bytes. */
  data: Buffer;
  binary: boolean;
}

/** A WebSocket as it reached the simulator. */
export interface RecordedSocket {
  /** Path and query string. */
  url: string;
  headers: IncomingHttpHeaders;
  /** What the caller sent, oldest first. */
  frames: RecordedFrame[];
  /** Payloads of the caller's pings and pongs. */
  pings: string[];
  pongs: string[];
  /** Code the caller closed with; 1006 when the connection just ended, null while it is open. */
  closeCode: number | null;
}

const MAX_SOCKETS = 200;
const MAX_BYTES = 64 * 1024 * 1024;

export interface SocketRecorder {
  readonly sockets: readonly RecordedSocket[];
  open(url: string, headers: IncomingHttpHeaders): RecordedSocket;
  frame(socket: RecordedSocket, frame: RecordedFrame): void;
  reset(): void;
}

/** Keeps the newest sockets, bounded by their number and by the bytes of their frames. */
export const createSocketRecorder = (): SocketRecorder => {
  const sockets: RecordedSocket[] = [];
  let bytes = 0;
  const bytesOf = ({ frames }: RecordedSocket): number => frames.reduce((sum, { data }) => sum + data.length, 0);
  const dropOldest = (): void => void (bytes -= bytesOf(sockets.shift()!));
  return {
    sockets,
    open(url, headers) {
      const socket: RecordedSocket = { url, headers, frames: [], pings: [], pongs: [], closeCode: null };
      sockets.push(socket);
      if (sockets.length > MAX_SOCKETS) dropOldest();
      return socket;
    },
    frame(socket, frame) {
      if (!sockets.includes(socket)) return;
      socket.frames.push(frame);
      bytes += frame.data.length;
      while (bytes > MAX_BYTES && sockets[0] !== socket) dropOldest();
      while (bytes > MAX_BYTES && socket.frames.length > 1) bytes -= socket.frames.shift()!.data.length;
    },
    reset() {
      sockets.length = 0;
      bytes = 0;
    },
  };
};
