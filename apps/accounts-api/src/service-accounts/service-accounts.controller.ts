import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { apiDomainOf } from '../config/config.controller.js';
import { continuationOf, type Page, pageSchema } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { type NewServiceAccount, newServiceAccountSchema, toServiceAccount } from './service-accounts.schema.js';
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
  async list(@Param('projectId') projectId: string, @ParsedQuery(pageSchema) page: Page) {
    const { accounts, total } = await this.accounts.list(projectId, page);
    const service_accounts = accounts.map((account) => toServiceAccount(account, this.apiDomain));
    return { service_accounts, total, continuation_token: continuationOf(page, accounts.length, total) };
  }

  @Post()
  @HttpCode(200)
  async create(@Param('projectId') projectId: string, @ParsedBody(newServiceAccountSchema) account: NewServiceAccount) {
    return toServiceAccount(await this.accounts.create(projectId, account), this.apiDomain);
  }

  @Get('by-name/:name')
  async byName(@Param('projectId') projectId: string, @Param('name') name: string) {
    return toServiceAccount(await this.accounts.getByName(projectId, name), this.apiDomain);
  }

  @Get(':serviceAccountId')
  async get(@Param('projectId') projectId: string, @Param('serviceAccountId') id: string) {
    return toServiceAccount(await this.accounts.get(projectId, id), this.apiDomain);
  }
}
