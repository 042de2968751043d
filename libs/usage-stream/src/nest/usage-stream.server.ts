import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { BatchHandler, SetAside, UsageStream } from '../port.js';
import { BATCH_HANDLER } from './batch-pattern.decorator.js';

export interface UsageStreamServerOptions {
  /** Connected and closed by who made it, not by the server. */
  stream: UsageStream;
  /** Processes of one group share the work. */
  group: string;
  /** @default 1000 */
  maxBatchSize?: number;
}

/**
 * Nest's transport on the stream: each method with `@BatchPattern(topic)` becomes a consumer of that topic. When the method returns, the batch
 * counts as durable and is committed; what it throws is retried and at last set aside, as the README says.
 */
export class UsageStreamServer extends Server implements CustomTransportStrategy {
  private readonly consumers: { stop(): Promise<void> }[] = [];

  constructor(private readonly options: UsageStreamServerOptions) {
    super();
  }

  override addHandler(pattern: string, callback: MessageHandler, isEventHandler?: boolean, extras?: Record<string, unknown>): void {
    if (extras?.[BATCH_HANDLER] !== true) throw new Error(`The handler of ${pattern} has to be declared with @BatchPattern: Nest hides the errors of others.`);
    if (this.messageHandlers.has(pattern)) throw new Error(`There are two handlers of ${pattern}: a batch is committed once, so one has to do all.`);
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  /** Calls back when every consumer runs, or waits for its engine to come back. */
  override async listen(callback: (error?: unknown) => void): Promise<void> {
    const { stream, group, maxBatchSize } = this.options;
    try {
      for (const [topic, handler] of this.messageHandlers) {
        this.consumers.push(await stream.subscribe({ topic, group, maxBatchSize, handler: this.toBatchHandler(handler) }));
      }
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Resolves when the batches at hand are done. */
  override async close(): Promise<void> {
    await Promise.all(this.consumers.splice(0).map((consumer) => consumer.stop()));
  }

  override on(): never {
    throw new Error('The stream has no events to listen to.');
  }

  override unwrap<Stream>(): Stream {
    return this.options.stream as Stream;
  }

  private toBatchHandler(handler: MessageHandler): BatchHandler {
    return (batch) => lastValueFrom(this.transformToObservable(handler(batch)), { defaultValue: undefined }) as Promise<SetAside[] | undefined>;
  }
}
