import { Inject, Injectable } from '@nestjs/common';
import { problemOfForeignUrl } from '@llm-proxy/platform-http';
import { SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import type { z } from 'zod';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import { Database, Prisma, type Transaction } from '../database/database.js';
import type { Integration } from '../generated/client.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import { hintOf, type IntegrationProvider, type integrationSchema } from './integrations.schema.js';
import { fromLegacySettings } from './legacy-settings.js';

type NewIntegration = z.infer<typeof integrationSchema>;

/** The project's own provider keys, sealed. */
@Injectable()
export class IntegrationsStore {
  constructor(
    private readonly database: Database,
    private readonly changeLog: PolicyChangeLog,
    private readonly box: SecretBox,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  find(projectId: string, provider: IntegrationProvider): Promise<Integration | null> {
    return this.database.integration.findUnique({ where: { projectId_provider: { projectId, provider } } });
  }

  /** @throws AccountsError `project_not_found`, `invalid_request` */
  set(projectId: string, provider: IntegrationProvider, integration: NewIntegration): Promise<Integration> {
    this.assertAllowed(integration);
    return this.changeLog.commit(
      projectId,
      async (transaction) => {
        await lockProject(transaction, projectId);
        return this.write(transaction, projectId, provider, integration);
      },
      ({ baseUrl }) => ({ action: 'settings.updated', target: { type: 'settings', id: provider }, details: { base_url: baseUrl } }),
    );
  }

  /** @throws AccountsError `settings_not_found` */
  async remove(projectId: string, provider: IntegrationProvider): Promise<void> {
    await this.changeLog.commit(
      projectId,
      async (transaction) => {
        const { count } = await transaction.integration.deleteMany({ where: { projectId, provider } });
        if (count === 0) throw new AccountsError('settings_not_found');
      },
      { action: 'settings.deleted', target: { type: 'settings', id: provider } },
    );
  }

  /**
   * The whole-object form of older clients.
   * @throws AccountsError `project_not_found`, `invalid_request`
   */
  async replaceSettings(projectId: string, settings: Record<string, unknown>): Promise<void> {
    await this.changeLog.commit(
      projectId,
      async (transaction) => {
        await lockProject(transaction, projectId);
        const stored = await transaction.integration.findMany({ where: { projectId } });
        const { changes, rest } = fromLegacySettings(settings, stored);
        for (const { provider, set } of changes) {
          if (set) this.assertAllowed(set, `${provider.toUpperCase()}_BASE_URL`);
          if (set) await this.write(transaction, projectId, provider, set);
          else await transaction.integration.deleteMany({ where: { projectId, provider } });
        }
        await transaction.project.update({ where: { id: projectId }, data: { settings: rest as Prisma.InputJsonObject } });
        return changes;
      },
      (changes) => ({ action: 'settings.replaced', target: { type: 'settings', id: 'all' }, details: { integrations: changes.map(({ provider }) => provider) } }),
    );
  }

  /**
   * Would these settings of a project that is yet to be be taken?
   * @throws AccountsError `invalid_request`
   */
  check(settings: Record<string, unknown>): void {
    for (const { set } of fromLegacySettings(settings, []).changes) if (set) this.assertAllowed(set);
  }

  /** Early words on what gateways would refuse; where a name leads they check themselves, whenever they connect. */
  private assertAllowed({ base_url }: NewIntegration, field = 'base_url'): void {
    const problem = base_url === null ? null : problemOfForeignUrl(new URL(base_url), this.config.ALLOW_PRIVATE_UPSTREAMS);
    if (problem !== null) throw new AccountsError('invalid_request', `${field}: ${problem}`);
  }

  private write(transaction: Transaction, projectId: string, provider: IntegrationProvider, integration: NewIntegration): Promise<Integration> {
    const values = {
      sealedApiKey: this.box.seal(integration.api_key, { projectId, field: sealedFields.integration(provider) }),
      apiKeyHint: hintOf(integration.api_key),
      baseUrl: integration.base_url,
    };
    return transaction.integration.upsert({
      where: { projectId_provider: { projectId, provider } },
      create: { projectId, provider, ...values },
      update: values,
    });
  }
}

/** One writer of a project's settings at a time, and a project to write them to. */
const lockProject = async (transaction: Transaction, projectId: string): Promise<void> => {
  const rows = await transaction.$queryRaw<unknown[]>`SELECT 1 FROM accounts.projects WHERE id = ${projectId}::uuid FOR UPDATE`;
  if (rows.length === 0) throw new AccountsError('project_not_found');
};
