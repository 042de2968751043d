import { Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { StandingHere } from '../access/caller.js';
import { assertMayGive } from '../access/escalation.js';
import type { Standing } from '../access/permissions.js';
import { AccountsError } from '../accounts.errors.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, AnswersNothing, Refuses } from '../http/answers.js';
import { type Page, pageSchema } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { DEFAULT_SERVICE_ACCOUNT } from '../projects/project-key.js';
import { ServiceAccountsStore } from '../service-accounts/service-accounts.store.js';
import {
  apiKeysSchema,
  createdApiKeySchema,
  type NewApiKey,
  newApiKeySchema,
  revocationSchema,
  revokedApiKeysSchema,
  rotationSchema,
  toApiKey,
  toNewApiKey,
  type UsedApiKeys,
  usedApiKeysSchema,
} from './api-keys.schema.js';
import { ApiKeysStore } from './api-keys.store.js';
import { keyIdToRevoke } from './revoked-key.js';

/** Keys of a service account: what newer clients call. */
@Controller('accounts/projects/:projectId/service-accounts/:serviceAccountId')
export class ServiceAccountApiKeysController {
  constructor(
    private readonly keys: ApiKeysStore,
    private readonly accounts: ServiceAccountsStore,
  ) {}

  @Post('api-keys')
  @HttpCode(200)
  @Answers(createdApiKeySchema)
  @Refuses('service_account_not_found')
  async create(
    @StandingHere() standing: Standing,
    @Param('projectId') projectId: string,
    @Param('serviceAccountId') account: string,
    @ParsedBody(newApiKeySchema) key: NewApiKey,
  ) {
    const { id, roles } = await this.accounts.get(projectId, account);
    assertMayGive(standing, roles);
    return toNewApiKey(await this.keys.create({ projectId, serviceAccountId: id }, key));
  }

  @Get('api-keys')
  @Answers(apiKeysSchema)
  @Refuses('service_account_not_found')
  async list(@Param('projectId') projectId: string, @Param('serviceAccountId') account: string, @ParsedQuery(pageSchema) page: Page) {
    const { keys, total } = await this.keys.list(await this.owner(projectId, account), page);
    return { keys: keys.map(toApiKey), total };
  }

  @Delete('api-keys/:apiKeyId')
  @HttpCode(204)
  @AnswersNothing()
  @Refuses('api_key_not_found', 'service_account_not_found')
  async remove(@Param('projectId') projectId: string, @Param('serviceAccountId') account: string, @Param('apiKeyId') id: string): Promise<void> {
    await this.keys.remove(await this.owner(projectId, account), id);
  }

  @Post('api-keys/:apiKeyId/rotate')
  @HttpCode(200)
  @Answers(createdApiKeySchema)
  @Refuses('api_key_not_found', 'service_account_not_found')
  async rotate(
    @StandingHere() standing: Standing,
    @Param('projectId') projectId: string,
    @Param('serviceAccountId') account: string,
    @Param('apiKeyId') id: string,
    @ParsedBody(rotationSchema) { overlap_seconds }: z.infer<typeof rotationSchema>,
  ) {
    const owner = await this.accounts.get(projectId, account);
    assertMayGive(standing, owner.roles);
    return toNewApiKey(await this.keys.rotate({ projectId, serviceAccountId: owner.id }, id, overlap_seconds));
  }

  @Post('api-keys\\:revoke')
  @HttpCode(200)
  @Answers(revokedApiKeysSchema)
  @Refuses('api_key_not_found', 'service_account_not_found')
  async revoke(
    @Param('projectId') projectId: string,
    @Param('serviceAccountId') account: string,
    @ParsedBody(revocationSchema) { msid }: z.infer<typeof revocationSchema>,
  ) {
    const id = keyIdToRevoke(msid, projectId);
    if (id === null) throw new AccountsError('api_key_not_found');
    await this.keys.remove(await this.owner(projectId, account), id);
    return { revoked: [id] };
  }

  private async owner(projectId: string, account: string): Promise<{ projectId: string; serviceAccountId: string }> {
    return { projectId, serviceAccountId: (await this.accounts.get(projectId, account)).id };
  }
}

/** Keys of a project: what older clients call. New ones belong to the default service account. */
@Controller('accounts/projects/:projectId/api-keys')
export class ProjectApiKeysController {
  constructor(
    private readonly keys: ApiKeysStore,
    private readonly accounts: ServiceAccountsStore,
  ) {}

  @Post()
  @HttpCode(200)
  @Answers(createdApiKeySchema)
  @Refuses('service_account_not_found')
  async create(@StandingHere() standing: Standing, @Param('projectId') projectId: string, @ParsedBody(newApiKeySchema) key: NewApiKey) {
    const { id, roles } = await this.accounts.getByName(projectId, DEFAULT_SERVICE_ACCOUNT);
    assertMayGive(standing, roles);
    return toNewApiKey(await this.keys.create({ projectId, serviceAccountId: id }, key));
  }

  @Get()
  @Answers(apiKeysSchema)
  @Refuses('service_account_not_found')
  async list(@Param('projectId') projectId: string, @ParsedQuery(pageSchema) page: Page) {
    const { keys, total } = await this.keys.list(await this.defaultOwner(projectId), page);
    return { keys: keys.map(toApiKey), total };
  }

  @Delete(':apiKeyId')
  @HttpCode(204)
  @AnswersNothing()
  @Refuses('api_key_not_found', 'service_account_not_found')
  async remove(@Param('projectId') projectId: string, @Param('apiKeyId') id: string): Promise<void> {
    await this.keys.remove(await this.defaultOwner(projectId), id);
  }

  private async defaultOwner(projectId: string): Promise<{ projectId: string; serviceAccountId: string }> {
    return { projectId, serviceAccountId: (await this.accounts.getByName(projectId, DEFAULT_SERVICE_ACCOUNT)).id };
  }
}

/** What the gateways report. */
@Controller('internal/api-keys')
export class ApiKeyUseController {
  constructor(private readonly keys: ApiKeysStore) {}

  @Post('used')
  @HttpCode(200)
  @Answers(okSchema)
  async used(@ParsedBody(usedApiKeysSchema) { keys }: { keys: UsedApiKeys }) {
    await this.keys.markUsed(keys);
    return OK;
  }
}
