import { Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { type Page, pageSchema } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { type NewOAuthClient, newOAuthClientSchema, type OAuthClientUpdate, oauthClientUpdateSchema, toOAuthClient } from './oauth-clients.schema.js';
import { OAuthClientsStore } from './oauth-clients.store.js';

@Controller('accounts/projects/:projectId/oauth/clients')
export class OAuthClientsController {
  constructor(private readonly clients: OAuthClientsStore) {}

  @Post()
  @HttpCode(200)
  async create(@Param('projectId') projectId: string, @ParsedBody(newOAuthClientSchema) body: NewOAuthClient) {
    const { client, secret } = await this.clients.create(projectId, body);
    return toOAuthClient(client, secret);
  }

  @Get()
  async list(@Param('projectId') projectId: string, @ParsedQuery(pageSchema) page: Page) {
    const { clients, total } = await this.clients.list(projectId, page);
    return { clients: clients.map((client) => toOAuthClient(client)), total };
  }

  @Get(':clientId')
  async get(@Param('projectId') projectId: string, @Param('clientId') clientId: string) {
    return toOAuthClient(await this.clients.get(projectId, clientId));
  }

  @Put(':clientId')
  async update(@Param('projectId') projectId: string, @Param('clientId') clientId: string, @ParsedBody(oauthClientUpdateSchema) update: OAuthClientUpdate) {
    await this.clients.update(projectId, clientId, update);
    return { ok: true };
  }

  @Delete(':clientId')
  @HttpCode(204)
  async remove(@Param('projectId') projectId: string, @Param('clientId') clientId: string) {
    await this.clients.remove(projectId, clientId);
  }
}
