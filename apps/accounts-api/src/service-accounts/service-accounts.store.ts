import { Injectable } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { Database, isDuplicate, isOrphan, Prisma, type Transaction } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';
import type { Page } from '../http/paging.schema.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import { DEFAULT_SERVICE_ACCOUNT } from '../projects/project-key.js';
import type { NewServiceAccount, ServiceAccountUpdate } from './service-accounts.schema.js';

const withProjectKey = { include: { project: { select: { projectKey: true } } } } as const;

export type StoredServiceAccount = Prisma.ServiceAccountGetPayload<typeof withProjectKey>;

@Injectable()
export class ServiceAccountsStore {
  constructor(
    private readonly database: Database,
    private readonly changeLog: PolicyChangeLog,
  ) {}

  /** @throws AccountsError `service_account_not_found` */
  async get(projectId: string, id: string): Promise<StoredServiceAccount> {
    const account = isUuid(id) ? await this.database.serviceAccount.findFirst({ where: { id, projectId }, ...withProjectKey }) : null;
    if (!account) throw new AccountsError('service_account_not_found');
    return account;
  }

  /** @throws AccountsError `service_account_not_found` */
  async getByName(projectId: string, name: string): Promise<StoredServiceAccount> {
    const account = name.includes('\0')
      ? null
      : await this.database.serviceAccount.findUnique({ where: { projectId_name: { projectId, name } }, ...withProjectKey });
    if (!account) throw new AccountsError('service_account_not_found');
    return account;
  }

  /** The filter is an id or a part of the name: clients look accounts up by either. */
  async list(projectId: string, { filter, take, skip }: Page): Promise<{ accounts: StoredServiceAccount[]; total: number }> {
    const matches = filter === undefined ? {} : isUuid(filter) ? { OR: [{ id: filter }, { name: filter }] } : { name: { contains: filter } };
    const where = { projectId, ...matches };
    const [accounts, total] = await Promise.all([
      this.database.serviceAccount.findMany({ where, ...withProjectKey, orderBy: { name: 'asc' }, take, skip }),
      this.database.serviceAccount.count({ where }),
    ]);
    return { accounts, total };
  }

  /** By id, or by the e-mail form, whose first part is the name. */
  async findSubject(projectId: string, { id, email }: { id?: string | null | undefined; email?: string | null | undefined }): Promise<StoredServiceAccount | null> {
    const name = email?.split('@')[0];
    const where = id ? { projectId, OR: [...(isUuid(id) ? [{ id }] : []), { name: id }] } : { projectId, name: { equals: name ?? '', mode: 'insensitive' as const } };
    return this.database.serviceAccount.findFirst({ where, ...withProjectKey });
  }

  /**
   * @param roles what it may do; its keys may do the same
   * @throws AccountsError `service_account_exists`, `project_not_found`
   */
  async create(projectId: string, account: NewServiceAccount, roles: string[]): Promise<StoredServiceAccount> {
    const { metadata, annotations, ...rest } = account;
    const data = { ...rest, roles, projectId, metadata: metadata as Prisma.InputJsonObject, annotations: annotations as Prisma.InputJsonObject };
    try {
      return await this.changeLog.commit(
        projectId,
        (transaction) => transaction.serviceAccount.create({ data, ...withProjectKey }),
        ({ id, name }) => ({ action: 'service_account.created', target: { type: 'service_account', id, name }, details: { roles } }),
      );
    } catch (error) {
      if (isDuplicate(error)) throw new AccountsError('service_account_exists');
      if (isOrphan(error)) throw new AccountsError('project_not_found');
      throw error;
    }
  }

  /** @throws AccountsError `service_account_not_found`, `service_account_exists`, `service_account_needed` when the default account is to be called something else */
  async update(projectId: string, id: string, { metadata, annotations, ...rest }: ServiceAccountUpdate): Promise<StoredServiceAccount> {
    const data = {
      ...rest,
      ...(metadata && { metadata: metadata as Prisma.InputJsonObject }),
      ...(annotations && { annotations: annotations as Prisma.InputJsonObject }),
    };
    try {
      return await this.changeLog.commit(
        projectId,
        async (transaction) => {
          const { name } = await lockAccount(transaction, projectId, id);
          if (name === DEFAULT_SERVICE_ACCOUNT && data.name !== undefined && data.name !== name) throw new AccountsError('service_account_needed');
          return transaction.serviceAccount.update({ where: { id }, data, ...withProjectKey });
        },
        ({ name }) => ({ action: 'service_account.updated', target: { type: 'service_account', id, name } }),
      );
    } catch (error) {
      if (isDuplicate(error)) throw new AccountsError('service_account_exists');
      throw error;
    }
  }

  /** @throws AccountsError `service_account_not_found` */
  async changeRoles(projectId: string, id: string, change: (direct: readonly string[]) => string[]): Promise<void> {
    await this.changeLog.commit(
      projectId,
      async (transaction) => {
        const { name, roles: before } = await lockAccount(transaction, projectId, id);
        const roles = change(before);
        await transaction.serviceAccount.update({ where: { id }, data: { roles } });
        return { name, before, roles };
      },
      ({ name, before, roles }) => ({ action: 'service_account.roles_changed', target: { type: 'service_account', id, name }, details: { before, roles } }),
    );
  }

  /**
   * Its keys go with it, and every token minted from them.
   * @throws AccountsError `service_account_not_found`, `service_account_needed`
   */
  async remove(projectId: string, id: string): Promise<void> {
    await this.changeLog.commit(
      projectId,
      async (transaction) => {
        const account = await lockAccount(transaction, projectId, id);
        if (account.name === DEFAULT_SERVICE_ACCOUNT) throw new AccountsError('service_account_needed');
        await transaction.serviceAccount.delete({ where: { id } });
        return account;
      },
      ({ name }) => ({ action: 'service_account.deleted', target: { type: 'service_account', id, name } }),
    );
  }
}

const lockAccount = async (transaction: Transaction, projectId: string, id: string): Promise<{ name: string; roles: string[] }> => {
  if (!isUuid(id)) throw new AccountsError('service_account_not_found');
  const [account] = await transaction.$queryRaw<{ name: string; roles: string[] }[]>`
    SELECT name, roles FROM accounts.service_accounts WHERE id = ${id}::uuid AND project_id = ${projectId}::uuid FOR UPDATE`;
  if (!account) throw new AccountsError('service_account_not_found');
  return account;
};
