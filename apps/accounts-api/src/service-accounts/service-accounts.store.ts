import { Injectable } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { Database, isDuplicate, isOrphan, Prisma } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';
import type { Page } from '../http/paging.schema.js';
import type { NewServiceAccount } from './service-accounts.schema.js';

const withProjectKey = { include: { project: { select: { projectKey: true } } } } as const;

export type StoredServiceAccount = Prisma.ServiceAccountGetPayload<typeof withProjectKey>;

@Injectable()
export class ServiceAccountsStore {
  constructor(private readonly database: Database) {}

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

  /** @throws AccountsError `service_account_exists`, `project_not_found` */
  async create(projectId: string, account: NewServiceAccount): Promise<StoredServiceAccount> {
    const { metadata, annotations, ...rest } = account;
    const data = { ...rest, projectId, metadata: metadata as Prisma.InputJsonObject, annotations: annotations as Prisma.InputJsonObject };
    try {
      return await this.database.serviceAccount.create({ data, ...withProjectKey });
    } catch (error) {
      if (isDuplicate(error)) throw new AccountsError('service_account_exists');
      if (isOrphan(error)) throw new AccountsError('project_not_found');
      throw error;
    }
  }
}
