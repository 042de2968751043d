import { Injectable } from '@nestjs/common';
import { SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { Database } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';

export interface OpenedApiKey {
  id: string;
  projectId: string;
  secret: string;
  serviceAccountId: string;
  serviceAccountName: string;
  /** Of its service account. */
  roles: readonly string[];
}

/** Finds what credentials are checked against. */
@Injectable()
export class CredentialsStore {
  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
  ) {}

  /** Null when there is no such key in that project, or its time is over. */
  async openApiKey(keyId: string, projectId: string): Promise<OpenedApiKey | null> {
    if (!isUuid(keyId) || !isUuid(projectId)) return null;
    const key = await this.database.apiKey.findFirst({
      where: { id: keyId, projectId, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] },
      select: { sealedSecret: true, serviceAccountId: true, serviceAccount: { select: { name: true, roles: true } } },
    });
    if (!key) return null;
    const secret = this.box.open(key.sealedSecret, { projectId, field: sealedFields.apiKeySecret(keyId) });
    return { id: keyId, projectId, secret, serviceAccountId: key.serviceAccountId, serviceAccountName: key.serviceAccount.name, roles: key.serviceAccount.roles };
  }

  async projectExists(projectId: string): Promise<boolean> {
    return isUuid(projectId) && (await this.database.project.count({ where: { id: projectId } })) > 0;
  }
}
