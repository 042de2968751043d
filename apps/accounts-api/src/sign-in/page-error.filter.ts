import type { ServerResponse } from 'node:http';
import { type ArgumentsHost, Catch, Inject } from '@nestjs/common';
import { errors } from 'oidc-provider';
import type { Logger } from '@llm-proxy/platform-logging';
import { AccountsError } from '../accounts.errors.js';
import { APP_LOGGER } from '../http/app-logger.js';
import { ErrorFilter } from '../http/error.filter.js';
import { errorPage, sendPage } from './pages.js';

/** Failures on pages are pages. */
@Catch()
export class PageErrorFilter extends ErrorFilter {
  constructor(@Inject(APP_LOGGER) logger: Logger) {
    super(logger);
  }

  override catch(thrown: unknown, host: ArgumentsHost): void {
    const error = thrown instanceof errors.SessionNotFound ? new AccountsError('invalid_request', 'This sign-in has ended or was begun in another browser.') : this.toError(thrown, host);
    const response = host.switchToHttp().getResponse<ServerResponse>();
    if (!response.headersSent) sendPage(response, error.status, errorPage(error.message));
  }
}
