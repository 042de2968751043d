import { Injectable } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { Database, isOrphan, type Prisma } from '../database/database.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import type { PRICE_ADJUSTMENTS } from '../pricing/price-adjustments.schema.js';
import type { SettingsDocumentName } from './settings-documents.schema.js';

type DocumentName = SettingsDocumentName | typeof PRICE_ADJUSTMENTS;

@Injectable()
export class SettingsDocumentsStore {
  constructor(
    private readonly database: Database,
    private readonly changeLog: PolicyChangeLog,
  ) {}

  /** @throws AccountsError `settings_not_found` */
  async get(projectId: string, name: DocumentName): Promise<Prisma.JsonValue> {
    const document = await this.find(projectId, name);
    if (document === null) throw new AccountsError('settings_not_found');
    return document;
  }

  async find(projectId: string, name: DocumentName): Promise<Prisma.JsonValue | null> {
    const stored = await this.database.settingsDocument.findUnique({ where: { projectId_name: { projectId, name } } });
    return stored && stored.document;
  }

  /** @throws AccountsError `project_not_found` */
  async set(projectId: string, name: DocumentName, value: Prisma.InputJsonObject): Promise<Prisma.JsonValue> {
    try {
      return await this.changeLog.commit(
        projectId,
        async (transaction) => {
          const where = { projectId_name: { projectId, name } };
          const stored = await transaction.settingsDocument.upsert({ where, create: { projectId, name, document: value }, update: { document: value } });
          return stored.document;
        },
        { action: 'settings.updated', target: { type: 'settings', id: name }, details: { document: value } },
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
}
