import { Controller, Get, Inject } from '@nestjs/common';
import { z } from 'zod';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { Answers } from '../http/answers.js';

const configSchema = z.object({ domains: z.object({ api: z.string(), accounts: z.string() }) });

/** Host, and port if it is not the usual one, that clients know the deployment by. */
export const apiDomainOf = (config: Pick<AccountsApiConfig, 'PUBLIC_URL'>): string => new URL(config.PUBLIC_URL).host;

/** What clients ask before anything else, without a credential. No version, because clients would nag their users about it. */
@Controller('config')
export class ConfigController {
  constructor(@Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig) {}

  @Get()
  @Answers(configSchema)
  get() {
    const domain = apiDomainOf(this.config);
    return { domains: { api: domain, accounts: domain } };
  }
}
