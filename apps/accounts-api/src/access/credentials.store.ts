import { Injectable } from '@nestjs/common';
import { SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { LRUCache } from 'lru-cache';
import { Database } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';

const NOTE_EVERY_MS = 60_000;
const MAX_NOTED = 10_000;

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
  /** By key id: when its use was last written down. */
  private readonly noted = new LRUCache<string, number>({ max: MAX_NOTED });

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

  /** Not waited for: a caller does not pay for it, and to the minute is good enough. */
  noteUse(keyId: string): void {
    const now = Date.now();
    if (now - (this.noted.get(keyId) ?? 0) < NOTE_EVERY_MS) return;
    this.noted.set(keyId, now);
    this.database.apiKey.updateMany({ where: { id: keyId }, data: { lastUsedAt: new Date(now) } }).catch(() => this.noted.delete(keyId));
  }

  async projectExists(projectId: string): Promise<boolean> {
    return isUuid(projectId) && (await this.database.project.count({ where: { id: projectId } })) > 0;
  }
}
