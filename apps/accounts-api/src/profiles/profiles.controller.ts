import { Controller, Get, Inject, Param, Put } from '@nestjs/common';
import { AskedBy, type Caller, userIdOf } from '../access/caller.js';
import { Standings } from '../access/standings.js';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import { apiDomainOf } from '../config/config.controller.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { ParsedBody } from '../http/parse-with.js';
import { profileSchema } from '../members/members.schema.js';
import { MembersStore } from '../members/members.store.js';
import { ProjectsStore } from '../projects/projects.store.js';
import { toServiceAccount } from '../service-accounts/service-accounts.schema.js';
import { ServiceAccountsStore } from '../service-accounts/service-accounts.store.js';
import { type ProfileUpdate, profileUpdateSchema, toUserProfile } from '../users/users.schema.js';
import { UsersStore } from '../users/users.store.js';
import { toProfile } from './caller-profile.js';
import { whoamiSchema } from './profiles.schema.js';

const projectKeyOf = async (caller: Caller, projects: ProjectsStore): Promise<string | null> =>
  caller.kind === 'operator' || caller.kind === 'user' ? null : (await projects.get(caller.projectId)).projectKey;

@Controller('accounts/profiles')
export class ProfilesController {
  constructor(
    private readonly projects: ProjectsStore,
    private readonly users: UsersStore,
    private readonly members: MembersStore,
    private readonly standings: Standings,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Get('me')
  @Answers(profileSchema)
  @Refuses('project_not_found')
  async me(@AskedBy() caller: Caller) {
    return toProfile(caller, await projectKeyOf(caller, this.projects), apiDomainOf(this.config));
  }

  /** People see those they share a project with. */
  @Get(':userId')
  @Answers(profileSchema)
  @Refuses('user_not_found')
  async get(@AskedBy() caller: Caller, @Param('userId') userId: string) {
    const user = await this.users.get(userId);
    if (!(await this.sees(caller, userId))) throw new AccountsError('user_not_found');
    return toUserProfile(user);
  }

  @Put(':userId')
  @Answers(okSchema)
  @Refuses('user_not_found')
  async update(@AskedBy() caller: Caller, @Param('userId') userId: string, @ParsedBody(profileUpdateSchema) update: ProfileUpdate) {
    const id = userId === 'me' ? (userIdOf(caller) ?? userId) : userId;
    if (caller.kind !== 'operator' && userIdOf(caller) !== id) throw new AccountsError('forbidden');
    await this.users.get(id);
    await this.users.update(id, { firstName: update.first_name, lastName: update.last_name }, 'user.updated');
    return OK;
  }

  private async sees(caller: Caller, userId: string): Promise<boolean> {
    if (userIdOf(caller) === userId) return true;
    const own = await this.standings.projectIdsOf(caller);
    return own === undefined || (await this.members.projectIdsOf(userId)).some((id) => own.includes(id));
  }
}

@Controller('accounts/whoami')
export class WhoamiController {
  constructor(
    private readonly projects: ProjectsStore,
    private readonly serviceAccounts: ServiceAccountsStore,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Get()
  @Answers(whoamiSchema)
  @Refuses('project_not_found', 'service_account_not_found')
  async whoami(@AskedBy() caller: Caller) {
    const domain = apiDomainOf(this.config);
    const projectKey = await projectKeyOf(caller, this.projects);
    const profile = toProfile(caller, projectKey, domain);
    const { id, email } = profile;
    if (caller.kind !== 'api_key') return { id, email, type: 'user' as const, user: profile };
    const account = await this.serviceAccounts.get(caller.projectId, caller.serviceAccountId);
    return { id, email, type: 'service_account' as const, service_account: toServiceAccount(account, domain) };
  }
}
