import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import { addressOf } from '../http/address-of.js';
import { AnswersWith } from '../http/answers.js';
import { readBounded } from '../oauth/dialects.js';
import { MIN_PASSWORD_LENGTH } from './password.js';
import { passwordChangedPage, passwordPage, sendPage } from './pages.js';
import { PageErrorFilter } from './page-error.filter.js';
import { type PasswordProblem, Passwords } from './passwords.js';
import { isFromOwnPage } from './request-origin.js';

const MAX_FORM_BYTES = 16 * 1024;
const PROBLEMS: Readonly<Record<PasswordProblem, readonly [status: number, says: string]>> = {
  wrong: [401, 'The e-mail or the password is not right.'],
  too_many: [429, 'Too many attempts. Wait fifteen minutes and try again.'],
  not_repeated: [400, 'The new password was not typed twice alike.'],
  length: [400, `The new password needs at least ${MIN_PASSWORD_LENGTH} characters.`],
  same: [400, 'The new password must be another one than the old, and not your e-mail.'],
};

/** Where people change their own password. Needs no session: whoever knows e-mail and password could begin one anyway. */
@Controller('oauth/password')
@UseFilters(PageErrorFilter)
export class PasswordController {
  constructor(
    private readonly passwords: Passwords,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Get()
  @AnswersWith('text/html', [200, 429])
  show(@Res() response: ServerResponse): void {
    sendPage(response, 200, passwordPage());
  }

  @Post()
  @AnswersWith('text/html', [200, 401, 403, 429])
  async submit(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    if (!isFromOwnPage(request, this.config.PUBLIC_URL)) throw new AccountsError('forbidden', 'The form was not sent from this site.');
    const form = new URLSearchParams((await readBounded(request, MAX_FORM_BYTES)) ?? '');
    const field = (name: string): string => form.get(name) ?? '';
    const change = { email: field('email'), password: field('password'), newPassword: field('new_password'), repeated: field('repeated') };
    const problem = await this.passwords.change(change, addressOf(request, this.config.TRUSTED_PROXIES));
    if (problem === null) return sendPage(response, 200, passwordChangedPage());
    const [status, says] = PROBLEMS[problem];
    sendPage(response, status, passwordPage({ email: change.email, problem: says }));
  }
}
