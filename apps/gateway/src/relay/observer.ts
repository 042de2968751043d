import type { IncomingMessage } from 'node:http';
import type { Caller } from '../credentials/caller.js';
import type { Refusal } from '../refusals.js';
import type { CallEnd } from '../usage/usage-event.js';
import type { Call } from './call.js';
import type { Route } from './route.js';

/**
 * Watches calls from the side: metrics, log, traces. The relay asks it at three points of a call; without one nothing is measured and
 * nothing is spent. It must not throw.
 */
export interface RelayObserver {
  /** An admitted call is about to go upstream. */
  forwarding(call: Call): CallWatch;
  /** The request was answered here; it never went upstream. */
  refused(refused: RefusedRequest): void;
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

export interface RefusedRequest extends Arrival {
  readonly id: string;
  readonly route: Route;
  readonly request: IncomingMessage;
  readonly refusal: Refusal;
}
