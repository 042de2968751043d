import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@llm-proxy/platform-logging';
import { requestContext } from '../audit/request-context.js';
import { writeAudit } from '../audit/write-audit.js';
import type { User } from '../generated/client.js';
import { APP_LOGGER } from '../http/app-logger.js';
import { signOutEverywhere } from '../oauth/artifacts.store.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import { UsersStore } from '../users/users.store.js';
import { AttemptsStore } from './attempts.store.js';
import { hashPassword, isPassword, MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './password.js';

export interface PasswordChange {
  email: string;
  password: string;
  newPassword: string;
  /** The new one, typed once more. */
  repeated: string;
}

export type PasswordProblem = 'wrong' | 'too_many' | 'not_repeated' | 'length' | 'same';

/** Sets passwords. A new one ends all that was reached with the old: sessions, refresh tokens and access tokens. */
@Injectable()
export class Passwords {
  constructor(
    private readonly users: UsersStore,
    private readonly attempts: AttemptsStore,
    private readonly changeLog: PolicyChangeLog,
    @Inject(APP_LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * By the user, who has to know the old one; counts as an attempt to sign in.
   * @returns what is wrong; null: it is changed
   */
  async change({ email: givenEmail, password, newPassword, repeated }: PasswordChange, address: string): Promise<PasswordProblem | null> {
    const email = givenEmail.trim().toLowerCase();
    if (newPassword !== repeated) return 'not_repeated';
    if (newPassword.length < MIN_PASSWORD_LENGTH || newPassword.length > MAX_PASSWORD_LENGTH) return 'length';
    if (newPassword === password || newPassword.toLowerCase() === email) return 'same';
    if (!(await this.attempts.mayTry(email, address))) return 'too_many';
    const user = await this.users.findByEmail(email);
    if (!(await isPassword(password, user?.passwordHash ?? null)) || user === null) return 'wrong';
    // Of two changes at the same moment the second did not know the password.
    if (!(await this.replace(user.id, newPassword, user))) return 'wrong';
    await this.attempts.succeeded(email);
    this.note(user.id, 'password changed by its user');
    return null;
  }

  /** By the operator, who need not know the old one. */
  async set(userId: string, password: string): Promise<void> {
    const { id } = await this.users.get(userId);
    await this.replace(id, password);
    this.note(id, 'password set by the operator');
  }

  /** @param by the user as it was when it proved to know the old password; the password is still that one, or nothing changes */
  private async replace(userId: string, password: string, by?: User): Promise<boolean> {
    const passwordHash = await hashPassword(password);
    return this.changeLog.transact(async (transaction) => {
      const { count } = await transaction.user.updateMany({ where: { id: userId, ...(by && { passwordHash: by.passwordHash }) }, data: { passwordHash } });
      if (count === 0) return false;
      await signOutEverywhere(transaction, userId);
      const { email } = await transaction.user.findUniqueOrThrow({ where: { id: userId } });
      const target = { type: 'user', id: userId, name: email };
      await writeAudit(transaction, null, by ? { action: 'user.password_changed', target, by } : { action: 'user.password_set', target });
      return true;
    });
  }

  private note(userId: string, what: string): void {
    const context = requestContext();
    this.logger.info({ userId, address: context?.address, userAgent: context?.userAgent }, what);
  }
}
