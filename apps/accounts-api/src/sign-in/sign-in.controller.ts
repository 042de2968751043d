import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { InteractionResults, Provider } from 'oidc-provider';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import { AnswersWith } from '../http/answers.js';
import { AuthorizationServer } from '../oauth/authorization-server.js';
import { readBounded } from '../oauth/dialects.js';
import { UsersStore } from '../users/users.store.js';
import { grantWhatIsAsked } from './grant-consent.js';
import { type Asking, consentPage, type Page, selectAccountPage, sendPage, signInPage } from './pages.js';
import { PageErrorFilter } from './page-error.filter.js';
import { addressOf, isFromOwnPage } from './request-origin.js';
import { scopesInWords } from './scope-words.js';
import { SignIn } from './sign-in.js';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

interface Visit {
  request: IncomingMessage;
  response: ServerResponse;
  provider: Provider;
  interaction: Interaction;
  asking: Asking;
}

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
    private readonly server: AuthorizationServer,
    private readonly signIn: SignIn,
    private readonly users: UsersStore,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Get()
  @AnswersWith('text/html')
  async show(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const visit = await this.visit(request, response);
    sendPage(response, 200, await this.pageOf(visit));
  }

  @Post()
  @AnswersWith('text/html', [200, 303, 401, 403, 409, 429])
  async submit(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    if (!isFromOwnPage(request, this.config.PUBLIC_URL)) throw new AccountsError('forbidden', 'The form was not sent from this site.');
    const address = addressOf(request, this.config.TRUSTED_PROXIES);
    const visit = await this.visit(request, response);
    const form = new URLSearchParams((await readBounded(request, MAX_FORM_BYTES)) ?? '');
    const asked = visit.interaction.prompt.name;
    switch (form.get('step')) {
      case 'cancel':
        return this.finish(visit, { error: 'access_denied', error_description: 'The user did not allow it.' });
      case 'allow':
        return asked === 'consent' ? this.finish(visit, await grantWhatIsAsked(visit.provider, visit.interaction)) : this.again(visit);
      case 'continue':
        return asked === 'select_account' && (await this.accountEmail(visit)) !== null ? this.finish(visit, { select_account: {} }) : this.again(visit);
      case 'sign_in':
        return asked === 'consent' ? this.again(visit) : this.withPassword(visit, form, address);
      default:
        return sendPage(response, 200, asked === 'select_account' ? signInPage(visit.asking) : await this.pageOf(visit));
    }
  }

  private async visit(request: IncomingMessage, response: ServerResponse): Promise<Visit> {
    const provider = await this.server.provider();
    const interaction = await provider.interactionDetails(request, response);
    const { client_id: clientId, redirect_uri: redirectUri } = interaction.params;
    const client = await provider.Client.find(String(clientId));
    const asking = { uid: interaction.uid, clientName: client?.clientName ?? String(clientId), redirectUri: typeof redirectUri === 'string' ? redirectUri : null };
    return { request, response, provider, interaction, asking };
  }

  private async pageOf(visit: Visit): Promise<Page> {
    const { asking, interaction } = visit;
    const email = await this.accountEmail(visit);
    if (interaction.prompt.name === 'consent' && email !== null) return consentPage(asking, email, scopesInWords(String(interaction.params['scope'] ?? '')));
    if (interaction.prompt.name === 'select_account' && email !== null) return selectAccountPage(asking, email);
    const hint = interaction.params['login_hint'];
    return signInPage(asking, { email: typeof hint === 'string' ? hint.slice(0, 254) : '' });
  }

  private async accountEmail({ interaction }: Visit): Promise<string | null> {
    const userId = interaction.session?.accountId;
    return userId === undefined ? null : ((await this.users.find(userId))?.email ?? null);
  }

  private async withPassword(visit: Visit, form: URLSearchParams, address: string): Promise<void> {
    const email = form.get('email') ?? '';
    const signedIn = await this.signIn.withPassword(email, form.get('password') ?? '', address);
    if (!signedIn.ok) return sendPage(visit.response, signedIn.reason === 'wrong' ? 401 : 429, signInPage(visit.asking, { email, problem: PROBLEMS[signedIn.reason] }));
    const result = { login: { accountId: signedIn.user.id }, ...(visit.interaction.prompt.name === 'select_account' && { select_account: {} }) };
    return this.finish(visit, result, () => handOverSession(visit, signedIn.user.id));
  }

  private async again(visit: Visit): Promise<void> {
    sendPage(visit.response, 409, await this.pageOf(visit));
  }

  /** Back to the protocol, on the host that the browser knows us by. */
  private async finish({ request, response, provider }: Visit, result: InteractionResults, andThen?: () => Promise<void>): Promise<void> {
    const { pathname, search } = new URL(await provider.interactionResult(request, response, result));
    await andThen?.();
    response.writeHead(303, { 'location': pathname + search, 'content-length': 0, 'cache-control': 'no-store' });
    response.end();
  }
}

/** The library would change accounts by a page that needs JavaScript. What the account before had allowed is not the new one's. */
const handOverSession = async ({ provider, interaction }: Visit, userId: string): Promise<void> => {
  const { session } = interaction;
  if (session?.accountId === undefined || session.accountId === userId) return;
  const kept = await provider.Session.findByUid(session.uid);
  if (!kept) return;
  kept.loginAccount({ accountId: userId });
  kept.authorizations = {};
  await kept.persist();
};
