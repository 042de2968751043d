import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { formatApiKey, newApiKeySecret, SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { AccountsError } from '../accounts.errors.js';
import type { AuditEntry } from '../audit/write-audit.js';
import { Database, isOrphan, type Transaction } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';
import type { Page } from '../http/paging.schema.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import type { ListedApiKey, NewApiKey, UsedApiKeys } from './api-keys.schema.js';

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
      return await this.changeLog.commit(owner.projectId, (transaction) => insertApiKey(transaction, this.box, owner, key), ({ key: made }) => createdEntry(made));
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
    await this.changeLog.commit(
      owner.projectId,
      async (transaction) => {
        const { count } = await transaction.apiKey.deleteMany({ where: { ...owner, id } });
        if (count === 0) throw new AccountsError('api_key_not_found');
      },
      { action: 'api_key.deleted', target: { type: 'api_key', id } },
    );
  }

  /**
   * A new key of the same name; the old one, and tokens minted from it, work until the overlap is over. A key that was rotated already keeps
   * the earlier end.
   * @throws AccountsError `api_key_not_found`
   */
  async rotate(owner: Owner, id: string, overlapSeconds: number): Promise<{ key: ListedApiKey; value: string }> {
    if (!isUuid(id)) throw new AccountsError('api_key_not_found');
    return this.changeLog.commit(
      owner.projectId,
      async (transaction) => {
        const [old] = await transaction.$queryRaw<{ name: string; description: string }[]>`
          UPDATE accounts.api_keys SET expires_at = least(expires_at, now() + make_interval(secs => ${overlapSeconds}))
          WHERE id = ${id}::uuid AND project_id = ${owner.projectId}::uuid AND service_account_id = ${owner.serviceAccountId}::uuid
            AND (expires_at IS NULL OR expires_at > now()) RETURNING name, description`;
        if (!old) throw new AccountsError('api_key_not_found');
        return insertApiKey(transaction, this.box, owner, old);
      },
      ({ key }) => ({ action: 'api_key.rotated', target: { type: 'api_key', id, name: key.name }, details: { replaced_by: key.id, overlap_seconds: overlapSeconds } }),
    );
  }

  /** One statement for all; a time never goes back, and none lies in the future. */
  async markUsed(keys: UsedApiKeys): Promise<void> {
    const ids = keys.map(({ id }) => id);
    const times = keys.map(({ usedAtMs }) => new Date(usedAtMs));
    await this.database.$executeRaw`
      UPDATE accounts.api_keys k SET last_used_at = least(used.at, now())
      FROM (SELECT id, max(at) AS at FROM unnest(${ids}::uuid[], ${times}::timestamptz[]) AS u(id, at) GROUP BY id) used
      WHERE k.id = used.id AND (k.last_used_at IS NULL OR k.last_used_at < used.at)`;
  }
}

const createdEntry = ({ id, name, serviceAccountId }: ListedApiKey): AuditEntry => ({
  action: 'api_key.created',
  target: { type: 'api_key', id, name },
  details: { service_account_id: serviceAccountId },
});

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
