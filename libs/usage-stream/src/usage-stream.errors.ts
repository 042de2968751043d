import { isTransient } from './transient-error.js';

/** A publish that is not known to be durable. It may still have arrived; publishing it again with the same ids is safe. */
export class PublishError extends Error {
  override readonly name = 'PublishError';

  /**
   * @param transient true when the same publish may succeed later
   * @param cause what the engine's client reported
   */
  constructor(
    message: string,
    readonly transient: boolean,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** Keeps a PublishError as it is and wraps anything else, judging from the cause whether trying again can help. */
export const toPublishError = (error: unknown): PublishError =>
  error instanceof PublishError ? error : new PublishError(`publishing failed: ${describeError(error)}`, isTransient(error), error);

/** The delivery of a batch was given up before it ended: the consumer stops or lost its partition. Nothing of the batch is committed. */
export class DeliveryInterrupted extends Error {
  override readonly name = 'DeliveryInterrupted';
}

/** Name and message of anything that can be thrown. */
export const describeError = (error: unknown): string => {
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error));
};
