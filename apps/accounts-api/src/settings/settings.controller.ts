import { Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { z } from 'zod';
import { AccountsError } from '../accounts.errors.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { jsonObject } from '../http/fields.schema.js';
import { BodyOf, ParsedBody, parseWith } from '../http/parse-with.js';
import { integrationSchema, type IntegrationProvider, isIntegrationProvider, probeResultSchema, toIntegrationDocument } from '../integrations/integrations.schema.js';
import { IntegrationsStore } from '../integrations/integrations.store.js';
import { TestIntegration } from '../integrations/test-integration.js';
import { documentNameOf, settingsDocumentAnswerSchema, type SettingsDocumentName, settingsDocuments } from './settings-documents.schema.js';
import { SettingsDocumentsStore } from './settings-documents.store.js';

const anyDocument = z.union([integrationSchema, ...Object.values(settingsDocuments)]);

/** Settings of a project, one document each, and the whole-object form of older clients. Documents named after a provider hold its key. */
@Controller('accounts/projects/:projectId/settings')
export class SettingsController {
  constructor(
    private readonly integrations: IntegrationsStore,
    private readonly documents: SettingsDocumentsStore,
    private readonly testIntegration: TestIntegration,
  ) {}

  @Put()
  @Answers(okSchema)
  async replaceAll(@Param('projectId') projectId: string, @ParsedBody(jsonObject()) settings: Record<string, unknown>) {
    await this.integrations.replaceSettings(projectId, settings);
    return OK;
  }

  @Get(':document')
  @Answers(settingsDocumentAnswerSchema)
  @Refuses('settings_not_found')
  async get(@Param('projectId') projectId: string, @Param('document') document: string) {
    if (!isIntegrationProvider(document)) return this.documents.get(projectId, nameOf(document));
    const integration = await this.integrations.find(projectId, document);
    if (!integration) throw new AccountsError('settings_not_found');
    return toIntegrationDocument(integration);
  }

  @Put(':document')
  @Answers(settingsDocumentAnswerSchema)
  @Refuses('settings_not_found')
  async put(@Param('projectId') projectId: string, @Param('document') document: string, @BodyOf(anyDocument) body: unknown) {
    if (isIntegrationProvider(document)) return toIntegrationDocument(await this.integrations.set(projectId, document, parseWith(integrationSchema, body)));
    const name = nameOf(document);
    return this.documents.set(projectId, name, parseWith(settingsDocuments[name], body));
  }

  @Delete(':document')
  @Answers(okSchema)
  @Refuses('settings_not_found')
  async remove(@Param('projectId') projectId: string, @Param('document') document: string) {
    await (isIntegrationProvider(document) ? this.integrations.remove(projectId, document) : this.documents.remove(projectId, nameOf(document)));
    return OK;
  }

  /** One cheap call to the provider with the stored key. */
  @Post(':document\\:test')
  @HttpCode(200)
  @Answers(probeResultSchema)
  @Refuses('settings_not_found')
  test(@Param('projectId') projectId: string, @Param('document') document: string) {
    return this.testIntegration.run(projectId, providerOf(document));
  }
}

const nameOf = (document: string): SettingsDocumentName => {
  const name = documentNameOf(document);
  if (name === null) throw new AccountsError('settings_not_found', 'There are no settings of this name.');
  return name;
};

const providerOf = (document: string): IntegrationProvider => {
  if (isIntegrationProvider(document)) return document;
  throw new AccountsError('settings_not_found', 'There is nothing to test in these settings.');
};
