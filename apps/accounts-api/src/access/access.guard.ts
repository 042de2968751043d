import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import passport from 'passport';
import { ServiceCredentialGuard } from '@llm-proxy/platform-http';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import { addressOf } from '../http/address-of.js';
import { isUuid } from '../http/fields.schema.js';
import { requestContext } from '../audit/request-context.js';
import type { AuthenticatedRequest, Caller } from './caller.js';
import { apiAudienceOf } from '../oauth/api-resource.js';
import { AuthorizationServer } from '../oauth/authorization-server.js';
import { RevocationsStore } from '../oauth/revocations.store.js';
import { UsersStore } from '../users/users.store.js';
import { CredentialsStore } from './credentials.store.js';
import { InvalidCredentials } from './invalid-credentials.js';
import { hasRoleFor, mayDo, permissions, routePermissions, type Standing } from './permissions.js';
import { Standings } from './standings.js';
import { callerStrategies, LookupFailed } from './strategies.js';

interface RoutedRequest extends AuthenticatedRequest, Pick<IncomingMessage, 'headers' | 'socket'> {
  method: string;
  route: { path: string };
  params: Record<string, string | undefined>;
}

/** As the permission table writes a route: literal colons without their escape, HEAD as GET. */
export const routeKeyOf = (method: string, path: string): string => `${method === 'HEAD' ? 'GET' : method} ${path.replaceAll('\\:', ':')}`;

/** Stands before every route: finds what the route needs in the permission table, who is asking, and whether the two fit. */
@Injectable()
export class AccessGuard extends AuthGuard() implements CanActivate, OnApplicationShutdown {
  private readonly strategyNames: string[];
  private readonly invalidCredentials: InvalidCredentials;

  constructor(
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
    credentials: CredentialsStore,
    users: UsersStore,
    authorizationServer: AuthorizationServer,
    revocations: RevocationsStore,
    private readonly serviceCredential: ServiceCredentialGuard,
    private readonly standings: Standings,
  ) {
    const secrets = { operatorToken: config.OPERATOR_TOKEN, deploymentSecret: config.MESHAGENT_SECRET };
    const accessTokens = { keys: () => authorizationServer.accessTokenKeys(), users, revocations, issuer: config.PUBLIC_URL, audience: apiAudienceOf(config.PUBLIC_URL) };
    const strategies = callerStrategies(credentials, secrets, accessTokens);
    // Passport has one register of names per process; services that share a process must not share strategies.
    const registered = Object.entries(strategies).map(([name, strategy]) => ({ name: `${name}/${randomUUID()}`, strategy }));
    const strategyNames = registered.map(({ name }) => name);
    super({ defaultStrategy: strategyNames });
    for (const { name, strategy } of registered) passport.use(name, strategy);
    this.strategyNames = strategyNames;
    this.invalidCredentials = new InvalidCredentials(config.INVALID_CREDENTIALS_PER_MINUTE);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<RoutedRequest>();
    const needed = routePermissions[routeKeyOf(request.method, request.route.path)];
    if (needed === undefined) throw new Error(`No permission is named for ${request.method} ${request.route.path}`);
    if (needed === 'public') return true;
    if (needed === 'service') return this.serviceCredential.canActivate(context);
    await this.authenticate(context, request);
    const audited = requestContext();
    if (audited) audited.caller = request.user;
    request.standing = await this.standingFor(request.user, request.params['projectId']);
    if (!hasRoleFor(request.standing, needed)) throw new AccountsError('forbidden');
    if (!mayDo(request.standing, needed)) throw new AccountsError('forbidden', `The access token lacks the scope ${permissions[needed].scope}.`);
    return true;
  }

  private async authenticate(context: ExecutionContext, request: RoutedRequest): Promise<void> {
    const { authorization } = request.headers;
    if (authorization === undefined) throw new AccountsError('unauthenticated');
    const address = addressOf(request, this.config.TRUSTED_PROXIES);
    if (!this.invalidCredentials.admits(address, authorization)) throw new AccountsError('too_many_attempts');
    try {
      await super.canActivate(context);
    } catch (error) {
      if (error instanceof AccountsError && error.code === 'unauthenticated') this.invalidCredentials.wasInvalid(address);
      throw error;
    }
    this.invalidCredentials.wasValid(authorization);
  }

  override handleRequest<User = Caller>(error: unknown, caller: User | false, challenges: unknown): User {
    if (error) throw error;
    const failure = [challenges].flat().find((challenge) => challenge instanceof LookupFailed);
    if (failure) throw failure.cause;
    if (!caller) throw new AccountsError('unauthenticated');
    return caller;
  }

  onApplicationShutdown(): void {
    for (const name of this.strategyNames) passport.unuse(name);
  }

  private async standingFor(caller: Caller, projectId: string | undefined): Promise<Standing> {
    if (projectId !== undefined && !isUuid(projectId)) throw new AccountsError('project_not_found');
    const standing = projectId === undefined ? this.standings.atHome(caller) : await this.standings.of(caller, projectId);
    // Nobody there: who is not of a project does not even learn whether it exists.
    if (standing === null) throw new AccountsError('project_not_found');
    return standing;
  }
}
