import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';

const WINDOW_MS = 15 * 60 * 1_000;
/** A window each. An office shares an address; an account is one person's. */
const LIMITS = { account: 10, address: 100 };

/** Counts sign-in attempts, for all replicas together. */
@Injectable()
export class AttemptsStore {
  constructor(private readonly database: Database) {}

  /** Counts the attempt before it is made, so that many at once do not slip through. False: too many. */
  async mayTry(email: string, address: string): Promise<boolean> {
    const windowStart = new Date(Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS);
    const ofAddress = await this.count(`address:${address}`, windowStart);
    if (ofAddress === 1) await this.prune(windowStart);
    // Whoever is over the limit leaves no further trace here, however many e-mails they try.
    return ofAddress <= LIMITS.address && (await this.count(`account:${email}`, windowStart)) <= LIMITS.account;
  }

  /** A right password clears the account's count. */
  async succeeded(email: string): Promise<void> {
    await this.database.signInAttempt.deleteMany({ where: { subjectKey: subjectKey(`account:${email}`) } });
  }

  private async prune(before: Date): Promise<void> {
    await this.database.signInAttempt.deleteMany({ where: { windowStart: { lt: before } } });
  }

  private async count(subject: string, windowStart: Date): Promise<number> {
    const [row] = await this.database.$queryRaw<{ count: number }[]>`
      INSERT INTO accounts.sign_in_attempts (subject_key, window_start, count) VALUES (${subjectKey(subject)}, ${windowStart}, 1)
      ON CONFLICT (subject_key, window_start) DO UPDATE SET count = sign_in_attempts.count + 1
      RETURNING count`;
    return row!.count;
  }
}

/** The table is no list of who signs in from where. */
const subjectKey = (subject: string): string => createHash('sha256').update(subject).digest('base64url');
