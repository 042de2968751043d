/** A started service, as its composition root hands it out. */
export interface RunningService {
  /** Base URL without a trailing slash, with the real port. */
  url: string;
  /** Stops taking work, finishes what is under way, closes every engine. Safe to call twice. */
  close(): Promise<void>;
}
