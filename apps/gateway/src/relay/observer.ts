import type { IncomingMessage } from 'node:http';
import type { Caller } from '../credentials/caller.js';
import type { Provider } from '../providers/index.js';
import type { Refusal } from '../refusals.js';
import type { CallEnd, Outcome } from '../usage/usage-event.js';
import type { Call } from './call.js';

/**
 * Watches calls from the side: metrics, log, traces. The relay asks it at three points of a call, and at the end of a socket; without one nothing is measured and
 * nothing is spent. It must not throw.
 */
export interface RelayObserver {
  /** An admitted call is about to go upstream. */
  forwarding(call: Call): CallWatch;
  /** The request, or the handshake of a socket, was answered here. */
  refused(refused: RefusedRequest): void;
  /** A socket is over, or its handshake was not answered here and did not lead to one. */
  socketEnded(socket: EndedSocket): void;
}

/** Follows one forwarded call. */
export interface CallWatch {
  /** Goes upstream in place of the caller's `traceparent`; null: what the caller sent goes on untouched. */
  readonly traceparent: string | null;
  /** Gets every piece of the answer as the provider sent it; null when nobody wants them. */
  readonly answerChunk: ((chunk: Buffer) => void) | null;
  ended(end: WatchedEnd): void;
}

export interface WatchedEnd extends CallEnd {
  /** Bytes of the answer's body, as the provider sent them. */
  answerBytes: number;
  /** What the caller got in place of an answer that did not come; else null. */
  refusal: Refusal | null;
}

/** What is known of a request from its first moment on; filled in on the way. */
export interface Arrival {
  caller: Caller | null;
  model: string | null;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** `performance.now()` at the same moment. */
  readonly startedTick: number;
}

/** Stands for every path that is not served, so that callers cannot make up names to count by. */
export const OTHER_PATHS = 'other';

export interface ArrivedRequest extends Arrival {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly provider: Provider;
  /** Path of the endpoint as the provider's list has it, or `OTHER_PATHS`. */
  readonly endpoint: string;
}

export interface RefusedRequest extends ArrivedRequest {
  readonly refusal: Refusal;
}

/** Frames are not told of one by one: a socket is one record, however many answers went over it. */
export interface EndedSocket extends ArrivedRequest {
  readonly room: string | null;
  /** 101, or how the provider answered the handshake; 0: the caller left before it did. */
  readonly status: number;
  /** `upstream_interrupted`: an answer was under way that was not reported. */
  readonly outcome: Outcome;
  /** Close codes by which the two sides ended; null when there was no socket. */
  readonly clientCode: number | null;
  readonly providerCode: number | null;
  /** Usage events of its turns. */
  readonly usageEvents: number;
}
