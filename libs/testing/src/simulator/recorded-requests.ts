import type { IncomingHttpHeaders } from 'node:http';

/** A request as it reached the simulator. */
export interface RecordedRequest {
  provider: 'openai' | 'anthropic';
  method: string;
  /** Path and query string. */
  url: string;
  headers: IncomingHttpHeaders;
  /** The very bytes. Empty when the body was too large. */
  body: Buffer;
  /** `client-gone`: the caller closed the connection before the answer was complete. `cut`: the simulator did, as it was told. */
  outcome: 'pending' | 'answered' | 'cut' | 'client-gone';
}

const MAX_RECORDED_BYTES = 32 * 1024 * 1024;

export interface RequestRecorder {
  /** Oldest first. */
  readonly requests: readonly RecordedRequest[];
  add(request: RecordedRequest): void;
  reset(): void;
}

/** Keeps the newest requests, bounded by their number and by the bytes of their bodies. */
export const createRecorder = (maxRequests: number): RequestRecorder => {
  const requests: RecordedRequest[] = [];
  let bytes = 0;
  const isFull = (): boolean => requests.length > maxRequests || (bytes > MAX_RECORDED_BYTES && requests.length > 1);
  return {
    requests,
    add(request) {
      requests.push(request);
      bytes += request.body.length;
      while (isFull()) bytes -= requests.shift()!.body.length;
    },
    reset() {
      requests.length = 0;
      bytes = 0;
    },
  };
};
