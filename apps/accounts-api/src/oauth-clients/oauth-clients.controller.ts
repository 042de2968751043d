import { Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { StandingHere } from '../access/caller.js';
import { assertMayLetCallModels } from '../access/escalation.js';
import type { Standing } from '../access/permissions.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, AnswersNothing, Refuses } from '../http/answers.js';
import { continuationOf, type Page, pageSchema } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { type NewOAuthClient, newOAuthClientSchema, oauthClientSchema, oauthClientsSchema, type OAuthClientUpdate, oauthClientUpdateSchema, toOAuthClient } from './oauth-clients.schema.js';
import { OAuthClientsStore } from './oauth-clients.store.js';

@Controller('accounts/projects/:projectId/oauth/clients')
export class OAuthClientsController {
  constructor(private readonly clients: OAuthClientsStore) {}

  @Post()
  @HttpCode(200)
  @Answers(oauthClientSchema)
  async create(@StandingHere() standing: Standing, @Param('projectId') projectId: string, @ParsedBody(newOAuthClientSchema) body: NewOAuthClient) {
    if (actsForItself(body)) assertMayLetCallModels(standing);
    const { client, secret } = await this.clients.create(projectId, body);
    return toOAuthClient(client, secret);
  }

  @Get()
  @Answers(oauthClientsSchema)
  async list(@Param('projectId') projectId: string, @ParsedQuery(pageSchema) page: Page) {
    const { clients, total } = await this.clients.list(projectId, page);
    return { clients: clients.map((client) => toOAuthClient(client)), total, continuation_token: continuationOf(page, clients.length, total) };
  }

  @Get(':clientId')
  @Answers(oauthClientSchema)
  @Refuses('oauth_client_not_found')
  async get(@Param('projectId') projectId: string, @Param('clientId') clientId: string) {
    return toOAuthClient(await this.clients.get(projectId, clientId));
  }

  @Put(':clientId')
  @Answers(okSchema)
  @Refuses('oauth_client_not_found')
  async update(
    @StandingHere() standing: Standing,
    @Param('projectId') projectId: string,
    @Param('clientId') clientId: string,
    @ParsedBody(oauthClientUpdateSchema) update: OAuthClientUpdate,
  ) {
    if (actsForItself(update)) assertMayLetCallModels(standing);
    await this.clients.update(projectId, clientId, update);
    return OK;
  }

  @Delete(':clientId')
  @HttpCode(204)
  @AnswersNothing()
  @Refuses('oauth_client_not_found')
  async remove(@Param('projectId') projectId: string, @Param('clientId') clientId: string) {
    await this.clients.remove(projectId, clientId);
  }
}

/** Such a client calls models in its own name. */
const actsForItself = ({ grant_types }: OAuthClientUpdate): boolean => grant_types?.includes('client_credentials') ?? false;
