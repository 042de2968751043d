import { Controller, Get, Inject } from '@nestjs/common';
import { AskedBy, type Caller } from '../access/caller.js';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { apiDomainOf } from '../config/config.controller.js';
import { ProjectsStore } from '../projects/projects.store.js';
import { toProfile } from './caller-profile.js';

@Controller('accounts/profiles')
export class ProfilesController {
  constructor(
    private readonly projects: ProjectsStore,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Get('me')
  async me(@AskedBy() caller: Caller) {
    const project = caller.kind === 'operator' ? null : await this.projects.get(caller.projectId);
    return toProfile(caller, project?.projectKey ?? null, apiDomainOf(this.config));
  }
}
