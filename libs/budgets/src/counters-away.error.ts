/** The counters' store does not answer, or not properly. The same call may succeed later. */
export class CountersAwayError extends Error {
  override readonly name = 'CountersAwayError';
  /** Tells the usage stream to keep the batch and try again. */
  readonly transient = true;
}
