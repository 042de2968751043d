import type { ServerResponse } from 'node:http';
import type { Caller } from '../credentials/caller.js';
import type { Endpoint } from '../providers/index.js';
import type { RequestFacts } from './request-facts.js';
import type { RequestHead } from './request-head.js';
import type { Route } from './route.js';
import type { Upstream } from './upstreams.js';

/** A call that was admitted: everything the forwarding and the usage event need to know. */
export interface Call {
  /** UUIDv7, made before anything goes upstream. */
  readonly id: string;
  readonly method: string;
  readonly route: Route;
  readonly endpoint: Endpoint;
  readonly head: RequestHead;
  readonly caller: Caller;
  readonly room: string | null;
  readonly facts: RequestFacts;
  readonly upstream: Upstream;
  /** Set on a list of models that the caller may see only a part of. */
  readonly isVisibleModel: ((model: string) => boolean) | null;
  readonly response: ServerResponse;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** `performance.now()` at the same moment. */
  readonly startedTick: number;
}
