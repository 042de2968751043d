import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { InteractionResults, Provider } from 'oidc-provider';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AuthorizationServer } from '../oauth/authorization-server.js';
import { UsersStore } from '../users/users.store.js';
import { type Asking, consentPage, type Page, selectAccountPage, signInPage } from './pages.js';
import { scopesInWords } from './scope-words.js';

/** One browser between a client's request and its answer. */
export interface Visit {
  request: IncomingMessage;
  response: ServerResponse;
  provider: Provider;
  interaction: Awaited<ReturnType<Provider['interactionDetails']>>;
  asking: Asking;
}

@Injectable()
export class Visits {
  constructor(
    private readonly server: AuthorizationServer,
    private readonly users: UsersStore,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  /** @throws SessionNotFound when this browser did not begin the visit, or it is over */
  async of(request: IncomingMessage, response: ServerResponse): Promise<Visit> {
    const provider = await this.server.provider();
    const interaction = await provider.interactionDetails(request, response);
    const { client_id: clientId, redirect_uri: redirectUri } = interaction.params;
    const client = await provider.Client.find(String(clientId));
    const asking = {
      uid: interaction.uid,
      clientName: client?.clientName ?? String(clientId),
      redirectUri: typeof redirectUri === 'string' ? redirectUri : null,
      providers: this.config.SIGN_IN_PROVIDERS,
    };
    return { request, response, provider, interaction, asking };
  }

  /** What is to be decided next. */
  async pageOf(visit: Visit): Promise<Page> {
    const { asking, interaction } = visit;
    const email = await this.accountEmail(visit);
    if (interaction.prompt.name === 'consent' && email !== null) return consentPage(asking, email, scopesInWords(String(interaction.params['scope'] ?? '')));
    if (interaction.prompt.name === 'select_account' && email !== null) return selectAccountPage(asking, email);
    return signInPage(asking, { email: loginHintOf(visit) ?? '' });
  }

  async accountEmail({ interaction }: Visit): Promise<string | null> {
    const userId = interaction.session?.accountId;
    return userId === undefined ? null : ((await this.users.find(userId))?.email ?? null);
  }

  /** Goes on as this user. */
  async signedIn(visit: Visit, userId: string): Promise<void> {
    const result = { login: { accountId: userId }, ...(visit.interaction.prompt.name === 'select_account' && { select_account: {} }) };
    await this.finish(visit, result, () => handOverSession(visit, userId));
  }

  /** Back to the protocol, on the host that the browser knows us by. */
  async finish({ request, response, provider }: Visit, result: InteractionResults, andThen?: () => Promise<void>): Promise<void> {
    const { pathname, search } = new URL(await provider.interactionResult(request, response, result));
    await andThen?.();
    sendOn(response, pathname + search);
  }
}

export const loginHintOf = ({ interaction }: Visit): string | null => {
  const hint = interaction.params['login_hint'];
  return typeof hint === 'string' ? hint.slice(0, 254) : null;
};

export const sendOn = (response: ServerResponse, location: string): void => {
  response.writeHead(303, { location, 'content-length': 0, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  response.end();
};

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
