import { Injectable } from '@nestjs/common';
import { SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { AccountsError } from '../accounts.errors.js';
import { Database, isOrphan, type Prisma } from '../database/database.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import type { PRICE_ADJUSTMENTS } from '../pricing/price-adjustments.schema.js';
import { splitSecrets } from './secret-members.js';
import type { SettingsDocumentName } from './settings-documents.schema.js';

type DocumentName = SettingsDocumentName | typeof PRICE_ADJUSTMENTS;
type StoredDocument = Record<string, unknown>;

@Injectable()
export class SettingsDocumentsStore {
  constructor(
    private readonly database: Database,
    private readonly changeLog: PolicyChangeLog,
    private readonly box: SecretBox,
  ) {}

  /** @throws AccountsError `settings_not_found` */
  async get(projectId: string, name: DocumentName): Promise<StoredDocument> {
    const document = await this.find(projectId, name);
    if (document === null) throw new AccountsError('settings_not_found');
    return document;
  }

  async find(projectId: string, name: DocumentName): Promise<StoredDocument | null> {
    const stored = await this.database.settingsDocument.findUnique({ where: { projectId_name: { projectId, name } } });
    return stored && (stored.document as StoredDocument);
  }

  /**
   * @returns what is shown of it
   * @throws AccountsError `project_not_found`, `invalid_request`
   */
  async set(projectId: string, name: DocumentName, value: StoredDocument): Promise<StoredDocument> {
    const data = this.columnsOf(projectId, name, value);
    try {
      return await this.changeLog.commit(
        projectId,
        async (transaction) => {
          const where = { projectId_name: { projectId, name } };
          const stored = await transaction.settingsDocument.upsert({ where, create: { projectId, name, ...data }, update: data });
          return stored.document as StoredDocument;
        },
        { action: 'settings.updated', target: { type: 'settings', id: name }, details: { document: data.document } },
      );
    } catch (error) {
      if (isOrphan(error)) throw new AccountsError('project_not_found');
      throw error;
    }
  }

  /** @throws AccountsError `settings_not_found` */
  async remove(projectId: string, name: DocumentName): Promise<void> {
    await this.changeLog.commit(
      projectId,
      async (transaction) => {
        const { count } = await transaction.settingsDocument.deleteMany({ where: { projectId, name } });
        if (count === 0) throw new AccountsError('settings_not_found');
      },
      { action: 'settings.deleted', target: { type: 'settings', id: name } },
    );
  }

  /** Of all documents, `otel` alone may hold secrets. */
  private columnsOf(projectId: string, name: DocumentName, value: StoredDocument): { document: Prisma.InputJsonObject; sealedSecrets: string | null } {
    const { shown, secrets } = name === 'otel' ? splitSecrets(value) : { shown: value, secrets: {} };
    const isPlain = Object.keys(secrets).length === 0;
    const sealedSecrets = isPlain ? null : this.box.seal(JSON.stringify(secrets), { projectId, field: sealedFields.settings(name) });
    return { document: shown as Prisma.InputJsonObject, sealedSecrets };
  }
}
