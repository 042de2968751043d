import { Controller, Delete, Get, Param, Put } from '@nestjs/common';
import type { z } from 'zod';
import { AccountsError } from '../accounts.errors.js';
import { jsonObject } from '../http/fields.schema.js';
import { ParsedBody } from '../http/parse-with.js';
import { integrationSchema, type IntegrationProvider, isIntegrationProvider, toIntegrationDocument } from './integrations.schema.js';
import { IntegrationsStore } from './integrations.store.js';

/** Settings documents of a project, and the whole-object form of older clients. */
@Controller('accounts/projects/:projectId/settings')
export class IntegrationsController {
  constructor(private readonly integrations: IntegrationsStore) {}

  @Put()
  async replaceAll(@Param('projectId') projectId: string, @ParsedBody(jsonObject()) settings: Record<string, unknown>) {
    await this.integrations.replaceSettings(projectId, settings);
    return { ok: true };
  }

  @Get(':document')
  async get(@Param('projectId') projectId: string, @Param('document') document: string) {
    const integration = await this.integrations.find(projectId, providerOf(document));
    if (!integration) throw new AccountsError('settings_not_found');
    return toIntegrationDocument(integration);
  }

  @Put(':document')
  async put(
    @Param('projectId') projectId: string,
    @Param('document') document: string,
    @ParsedBody(integrationSchema) integration: z.infer<typeof integrationSchema>,
  ) {
    return toIntegrationDocument(await this.integrations.set(projectId, providerOf(document), integration));
  }

  @Delete(':document')
  async remove(@Param('projectId') projectId: string, @Param('document') document: string) {
    await this.integrations.remove(projectId, providerOf(document));
    return { ok: true };
  }
}

const providerOf = (document: string): IntegrationProvider => {
  if (isIntegrationProvider(document)) return document;
  throw new AccountsError('settings_not_found', 'There are no settings of this name.');
};
