import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Param, Req, Res, UseFilters } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { AnswersWith, Refuses } from '../http/answers.js';
import { sendPage, signInPage } from '../sign-in/pages.js';
import { PageErrorFilter } from '../sign-in/page-error.filter.js';
import { loginHintOf, sendOn, type Visit, Visits } from '../sign-in/visits.js';
import type { Refused } from './identities.store.js';
import type { ProviderFailure } from './openid-client.js';
import { ProviderSignIn, visitOfState } from './provider-sign-in.js';

const PROBLEMS: Readonly<Record<Refused | ProviderFailure, readonly [status: number, says: (label: string) => string]>> = {
  away: [503, (label) => `${label} does not answer at the moment. Try again, or sign in another way.`],
  declined: [401, (label) => `${label} says that you did not sign in there.`],
  not_proven: [401, (label) => `${label} gave no valid proof of who you are. Try again, or sign in another way.`],
  email_not_verified: [403, (label) => `${label} has not verified your e-mail, and without that we do not know whose account this is.`],
  domain_not_allowed: [403, (label) => `E-mails of that domain may not sign in with ${label} here.`],
  email_of_another: [403, (label) => `A user with your e-mail signs in with another ${label} account. Ask whoever runs this site.`],
  not_invited: [403, () => 'There is no user with your e-mail, and no project invited it. Ask a project for an invitation.'],
};

const queryOf = (request: IncomingMessage): string => request.url!.split('?')[1] ?? '';

/** To an identity provider and back. Links, not forms: browsers hold a form to the addresses that its page names, and a provider may send people on. */
@Controller('oauth')
@UseFilters(PageErrorFilter)
export class ProviderSignInController {
  constructor(
    private readonly visits: Visits,
    private readonly providers: ProviderSignIn,
  ) {}

  @Get('sign-in/:uid/with/:provider')
  @AnswersWith('text/html', [303, 429, 503])
  @Refuses('not_found')
  async begin(@Req() request: IncomingMessage, @Res() response: ServerResponse, @Param('provider') provider: string): Promise<void> {
    const visit = await this.visits.of(request, response);
    const url = await this.providers.begin(provider, visit.interaction.uid, loginHintOf(visit));
    if (url === null) return this.refuse(visit, provider, 'away');
    sendOn(response, url.href);
  }

  /** The address that is registered with the provider. The visit's own cookie is sent to the visit's own address alone, so it goes on there. */
  @Get('signed-in/:provider')
  @AnswersWith('text/html', [303, 429])
  @Refuses('not_found')
  comeBack(@Req() request: IncomingMessage, @Res() response: ServerResponse, @Param('provider') provider: string): void {
    this.providers.labelOf(provider);
    const uid = visitOfState(new URLSearchParams(queryOf(request)).get('state') ?? '');
    if (uid === null) throw new AccountsError('invalid_request', 'This sign-in has ended or was begun elsewhere.');
    sendOn(response, `/oauth/sign-in/${uid}/from/${provider}?${queryOf(request)}`);
  }

  @Get('sign-in/:uid/from/:provider')
  @AnswersWith('text/html', [303, 401, 403, 409, 429, 503])
  @Refuses('not_found')
  async finish(@Req() request: IncomingMessage, @Res() response: ServerResponse, @Param('provider') provider: string): Promise<void> {
    const visit = await this.visits.of(request, response);
    if (visit.interaction.prompt.name === 'consent') return sendPage(response, 409, await this.visits.pageOf(visit));
    const signedIn = await this.providers.finish(provider, visit.interaction.uid, queryOf(request));
    if (signedIn.ok) return this.visits.signedIn(visit, signedIn.user.id);
    return this.refuse(visit, provider, signedIn.reason);
  }

  private refuse(visit: Visit, provider: string, reason: Refused | ProviderFailure): void {
    const [status, says] = PROBLEMS[reason];
    sendPage(visit.response, status, signInPage(visit.asking, { problem: says(this.providers.labelOf(provider)) }));
  }
}
