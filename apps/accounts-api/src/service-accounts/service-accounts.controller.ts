import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { StandingHere } from '../access/caller.js';
import { mayGive } from '../access/escalation.js';
import type { Standing } from '../access/permissions.js';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { apiDomainOf } from '../config/config.controller.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { continuationOf, type Page, pageSchema } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { type NewServiceAccount, newServiceAccountSchema, serviceAccountSchema, serviceAccountsSchema, type ServiceAccountUpdate, serviceAccountUpdateSchema, toServiceAccount } from './service-accounts.schema.js';
import { ServiceAccountsStore } from './service-accounts.store.js';

@Controller('accounts/projects/:projectId/service-accounts')
export class ServiceAccountsController {
  private readonly apiDomain: string;

  constructor(
    private readonly accounts: ServiceAccountsStore,
    @Inject(ACCOUNTS_API_CONFIG) config: AccountsApiConfig,
  ) {
    this.apiDomain = apiDomainOf(config);
  }

  @Get()
  @Answers(serviceAccountsSchema)
  async list(@Param('projectId') projectId: string, @ParsedQuery(pageSchema) page: Page) {
    const { accounts, total } = await this.accounts.list(projectId, page);
    const service_accounts = accounts.map((account) => toServiceAccount(account, this.apiDomain));
    return { service_accounts, total, continuation_token: continuationOf(page, accounts.length, total) };
  }

  @Post()
  @HttpCode(200)
  @Answers(serviceAccountSchema)
  @Refuses('service_account_exists')
  async create(@StandingHere() standing: Standing, @Param('projectId') projectId: string, @ParsedBody(newServiceAccountSchema) account: NewServiceAccount) {
    // Admin of its project, unless whoever makes it is less: then it may do nothing until an admin says what.
    const roles = mayGive(standing, ['admin']) ? ['admin'] : [];
    return toServiceAccount(await this.accounts.create(projectId, account, roles), this.apiDomain);
  }

  @Get('by-name/:name')
  @Answers(serviceAccountSchema)
  @Refuses('service_account_not_found')
  async byName(@Param('projectId') projectId: string, @Param('name') name: string) {
    return toServiceAccount(await this.accounts.getByName(projectId, name), this.apiDomain);
  }

  @Get(':serviceAccountId')
  @Answers(serviceAccountSchema)
  @Refuses('service_account_not_found')
  async get(@Param('projectId') projectId: string, @Param('serviceAccountId') id: string) {
    return toServiceAccount(await this.accounts.get(projectId, id), this.apiDomain);
  }

  @Put(':serviceAccountId')
  @Answers(serviceAccountSchema)
  @Refuses('service_account_not_found', 'service_account_exists', 'service_account_needed')
  async update(
    @Param('projectId') projectId: string,
    @Param('serviceAccountId') id: string,
    @ParsedBody(serviceAccountUpdateSchema) update: ServiceAccountUpdate,
  ) {
    return toServiceAccount(await this.accounts.update(projectId, id, update), this.apiDomain);
  }

  @Delete(':serviceAccountId')
  @Answers(okSchema)
  @Refuses('service_account_not_found', 'service_account_needed')
  async remove(@Param('projectId') projectId: string, @Param('serviceAccountId') id: string) {
    await this.accounts.remove(projectId, id);
    return OK;
  }
}
