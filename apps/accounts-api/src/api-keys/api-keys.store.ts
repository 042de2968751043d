import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { formatApiKey, newApiKeySecret, SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { AccountsError } from '../accounts.errors.js';
import { Database, isOrphan, type Transaction } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';
import type { Page } from '../http/paging.schema.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import type { ListedApiKey, NewApiKey } from './api-keys.schema.js';

interface Owner {
  projectId: string;
  serviceAccountId: string;
}

const listed = { omit: { sealedSecret: true } } as const;

@Injectable()
export class ApiKeysStore {
  constructor(
    private readonly database: Database,
    private readonly changeLog: PolicyChangeLog,
    private readonly box: SecretBox,
  ) {}

  /**
   * The value is in the answer and nowhere else.
   * @throws AccountsError `service_account_not_found` when it went away meanwhile
   */
  async create(owner: Owner, key: NewApiKey): Promise<{ key: ListedApiKey; value: string }> {
    try {
      return await this.changeLog.commit(owner.projectId, (transaction) => insertApiKey(transaction, this.box, owner, key));
    } catch (error) {
      if (isOrphan(error)) throw new AccountsError('service_account_not_found');
      throw error;
    }
  }

  /** Newest first. */
  async list(owner: Owner, { take, skip }: Page): Promise<{ keys: ListedApiKey[]; total: number }> {
    const [keys, total] = await Promise.all([
      this.database.apiKey.findMany({ where: { ...owner }, ...listed, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }], take, skip }),
      this.database.apiKey.count({ where: { ...owner } }),
    ]);
    return { keys, total };
  }

  /**
   * From the commit on no service takes the key, or a token minted from it, for longer than it takes to hear of the change.
   * @throws AccountsError `api_key_not_found`
   */
  async remove(owner: Pick<Owner, 'projectId'> & Partial<Owner>, id: string): Promise<void> {
    if (!isUuid(id)) throw new AccountsError('api_key_not_found');
    await this.changeLog.commit(owner.projectId, async (transaction) => {
      const { count } = await transaction.apiKey.deleteMany({ where: { ...owner, id } });
      if (count === 0) throw new AccountsError('api_key_not_found');
    });
  }
}

/** For callers that are in a transaction of their own. */
export const insertApiKey = async (
  transaction: Transaction,
  box: SecretBox,
  { projectId, serviceAccountId }: Owner,
  { name, description }: NewApiKey,
): Promise<{ key: ListedApiKey; value: string }> => {
  const id = randomUUID();
  const secret = newApiKeySecret();
  const sealedSecret = box.seal(secret, { projectId, field: sealedFields.apiKeySecret(id) });
  const key = await transaction.apiKey.create({ data: { id, projectId, serviceAccountId, name, description, sealedSecret }, ...listed });
  return { key, value: formatApiKey({ keyId: id, projectId, secret }) };
};
