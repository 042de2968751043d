import { Injectable } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { type AuditEntry, writeAudit } from '../audit/write-audit.js';
import { Database, isDuplicate, isGone } from '../database/database.js';
import type { Prisma, User } from '../generated/client.js';
import { isUuid } from '../http/fields.schema.js';
import { acceptInvitations } from '../members/accept-invitations.js';

@Injectable()
export class UsersStore {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<User | null> {
    return isUuid(id) ? this.database.user.findUnique({ where: { id } }) : null;
  }

  /** @param email in lower case */
  async findByEmail(email: string): Promise<User | null> {
    // The database cannot hold it, so nobody has it.
    return email.includes('\0') || !email.isWellFormed() ? null : this.database.user.findUnique({ where: { email } });
  }

  /** @throws AccountsError `user_not_found` */
  async get(id: string): Promise<User> {
    const user = await this.find(id);
    if (!user) throw new AccountsError('user_not_found');
    return user;
  }

  /** @throws AccountsError `user_not_found` */
  async getByIdOrEmail(idOrEmail: string): Promise<User> {
    const user = idOrEmail.includes('@') ? await this.findByEmail(idOrEmail.trim().toLowerCase()) : await this.find(idOrEmail);
    if (!user) throw new AccountsError('user_not_found');
    return user;
  }

  /**
   * Whoever makes users vouches for their e-mails, so invitations to them are accepted.
   * @throws AccountsError `user_exists`
   */
  async create(user: Pick<User, 'email' | 'firstName' | 'lastName' | 'passwordHash'>): Promise<User> {
    try {
      return await this.database.$transaction(async (transaction) => {
        const created = await transaction.user.create({ data: user });
        await writeAudit(transaction, null, { action: 'user.created', target: { type: 'user', id: created.id, name: created.email } });
        await acceptInvitations(transaction, created);
        return created;
      });
    } catch (error) {
      if (isDuplicate(error)) throw new AccountsError('user_exists', undefined, { cause: error });
      throw error;
    }
  }

  /** To be called when somebody proved to be this user. */
  async signedIn(user: Pick<User, 'id' | 'email'>): Promise<void> {
    await this.database.$transaction((transaction) => acceptInvitations(transaction, user));
  }

  /**
   * @param action what it is in the operator's audit log
   * @throws AccountsError `user_not_found`
   */
  async update(id: string, data: Prisma.UserUpdateInput, action: AuditEntry['action']): Promise<void> {
    try {
      await this.database.$transaction(async (transaction) => {
        const { email } = await transaction.user.update({ where: { id }, data });
        await writeAudit(transaction, null, { action, target: { type: 'user', id, name: email } });
      });
    } catch (error) {
      if (isGone(error)) throw new AccountsError('user_not_found', undefined, { cause: error });
      throw error;
    }
  }
}
