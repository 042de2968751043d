import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import { addressOf } from '../http/address-of.js';
import { AnswersWith } from '../http/answers.js';
import { readBounded } from '../oauth/dialects.js';
import { grantWhatIsAsked } from './grant-consent.js';
import { sendPage, signInPage } from './pages.js';
import { PageErrorFilter } from './page-error.filter.js';
import { isFromOwnPage } from './request-origin.js';
import { SignIn } from './sign-in.js';
import { type Visit, Visits } from './visits.js';

const MAX_FORM_BYTES = 16 * 1024;
const PROBLEMS = {
  wrong: 'The e-mail or the password is not right.',
  too_many: 'Too many attempts. Wait fifteen minutes and try again.',
};

/** What a person sees between a client's request and its answer: sign in, choose an account, allow. Works without JavaScript. */
@Controller('oauth/sign-in/:uid')
@UseFilters(PageErrorFilter)
export class SignInController {
  constructor(
    private readonly visits: Visits,
    private readonly signIn: SignIn,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Get()
  @AnswersWith('text/html', [200, 429])
  async show(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const visit = await this.visits.of(request, response);
    sendPage(response, 200, await this.visits.pageOf(visit));
  }

  @Post()
  @AnswersWith('text/html', [200, 303, 401, 403, 409, 429])
  async submit(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    if (!isFromOwnPage(request, this.config.PUBLIC_URL)) throw new AccountsError('forbidden', 'The form was not sent from this site.');
    const address = addressOf(request, this.config.TRUSTED_PROXIES);
    const visit = await this.visits.of(request, response);
    const form = new URLSearchParams((await readBounded(request, MAX_FORM_BYTES)) ?? '');
    const asked = visit.interaction.prompt.name;
    switch (form.get('step')) {
      case 'cancel':
        return this.visits.finish(visit, { error: 'access_denied', error_description: 'The user did not allow it.' });
      case 'allow':
        return asked === 'consent' ? this.visits.finish(visit, await grantWhatIsAsked(visit.provider, visit.interaction)) : this.again(visit);
      case 'continue':
        return asked === 'select_account' && (await this.visits.accountEmail(visit)) !== null ? this.visits.finish(visit, { select_account: {} }) : this.again(visit);
      case 'sign_in':
        return asked === 'consent' ? this.again(visit) : this.withPassword(visit, form, address);
      default:
        return sendPage(response, 200, asked === 'select_account' ? signInPage(visit.asking) : await this.visits.pageOf(visit));
    }
  }

  private async withPassword(visit: Visit, form: URLSearchParams, address: string): Promise<void> {
    const email = form.get('email') ?? '';
    const signedIn = await this.signIn.withPassword(email, form.get('password') ?? '', address);
    if (signedIn.ok) return this.visits.signedIn(visit, signedIn.user.id);
    sendPage(visit.response, signedIn.reason === 'wrong' ? 401 : 429, signInPage(visit.asking, { email, problem: PROBLEMS[signedIn.reason] }));
  }

  private async again(visit: Visit): Promise<void> {
    sendPage(visit.response, 409, await this.visits.pageOf(visit));
  }
}
