import { type ArgumentsHost, Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import type { BatchHandler } from '../port.js';

/** Hands the handler's own error on. Nest's filter would put a general one in its place, and the retries depend on the cause. */
@Catch()
class KeepHandlerError implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

/** Marks handlers of `BatchPattern` for the transport. */
export const BATCH_HANDLER = 'usageStreamBatchHandler';

/**
 * `@EventPattern(topic)` for a handler that gets the batches of a topic (`ReceivedMessage[]`) and resolves with what has to be set aside
 * (`SetAside[]`) or nothing. What it throws reaches the retry policy of the stream.
 */
export const BatchPattern =
  (topic: string) =>
  <Handler extends BatchHandler>(target: object, name: string | symbol, method: TypedPropertyDescriptor<Handler>): void => {
    const pattern = EventPattern(topic, { [BATCH_HANDLER]: true }) as MethodDecorator;
    pattern(target, name, method);
    UseFilters(new KeepHandlerError())(target, name, method);
  };
