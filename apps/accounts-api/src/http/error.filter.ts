import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Logger } from '@llm-proxy/platform-logging';
import { isPostgresAway } from '@llm-proxy/platform-postgres';
import { AccountsError } from '../accounts.errors.js';
import { WINDOW_MS } from './request-limit.js';

interface Answer {
  headersSent: boolean;
  status(code: number): Answer;
  setHeader(name: string, value: string): void;
  json(body: unknown): void;
}

/** The one place where a failure becomes an answer: `{"error": {"message", "code"}}`. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = this.toError(thrown, host);
    const response = host.switchToHttp().getResponse<Answer>();
    if (response.headersSent) return;
    if (error.status === 401) response.setHeader('www-authenticate', 'Bearer');
    if (error.code === 'too_many_attempts') response.setHeader('retry-after', String(WINDOW_MS / 1_000));
    response.status(error.status).json({ error: { message: error.message, code: error.code } });
  }

  /** What of it a caller may know; the rest goes to the log. */
  protected toError(thrown: unknown, host: ArgumentsHost): AccountsError {
    const error = toAccountsError(thrown);
    const request = host.switchToHttp().getRequest<{ method: string; route?: { path: string } }>();
    if (error.status >= 500) this.logger.error({ err: thrown, code: error.code, method: request.method, route: request.route?.path }, 'request failed');
    return error;
  }
}

const toAccountsError = (thrown: unknown): AccountsError => {
  if (thrown instanceof AccountsError) return thrown;
  if (isPostgresAway(thrown)) return new AccountsError('unavailable');
  const status = statusOf(thrown);
  if (status === 401) return new AccountsError('unauthenticated', thrown instanceof HttpException ? thrown.message : undefined);
  if (status === 404) return new AccountsError('not_found');
  if (status === 413) return new AccountsError('body_too_large');
  if (status >= 400 && status < 500) return new AccountsError('invalid_request', (thrown as Error).message);
  return new AccountsError('internal');
};

/** Of Nest's own exceptions and of the body parser's errors. */
const statusOf = (thrown: unknown): number => {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { status?: unknown } | null)?.status;
  return typeof status === 'number' ? status : 500;
};
