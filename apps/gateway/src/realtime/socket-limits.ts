export interface SocketLimits {
  /** For the provider's answer to the handshake. */
  connectMs: number;
  /** Largest message, either way; 0: no limit. A larger one ends the socket with 1009. */
  maxMessageBytes: number;
}

/** Silence is allowed for as long as both sides like it; only a peer that answers no TCP probe any more is given up. */
export const KEEP_ALIVE_PROBE_MS = 60_000;

/** For a peer to answer a close frame. */
export const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Alike on both sides. Compression would cost a window of memory a socket and a pass over every byte, and nothing would be seen of it: frames are
 * small and the reader on the side needs them plain. Pings are answered by the peer they are meant for, and text is validated by whoever reads it.
 */
export const socketOptions = ({ maxMessageBytes }: SocketLimits) => ({
  maxPayload: maxMessageBytes,
  perMessageDeflate: false,
  skipUTF8Validation: true,
  autoPong: false,
  closeTimeout: CLOSE_TIMEOUT_MS,
});
