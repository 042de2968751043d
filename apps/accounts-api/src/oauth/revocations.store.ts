import { Injectable } from '@nestjs/common';
import { type AccessToken, type RevokedTokens, revocationKeys, TOKENS_REVOKED } from '@llm-proxy/shared-auth';
import { Database, type Transaction } from '../database/database.js';
import { PolicyChangeLog, recordPolicyChange } from '../policy/policy-changes.js';
import { ACCESS_TOKEN_SECONDS } from './api-resource.js';

const MAX_ANSWER = 10_000;

/**
 * Revokes access tokens and tells the gateways. Its lock is held until the commit, so it belongs near the end of a transaction; sequence numbers are
 * taken under it and therefore become visible in their order.
 * @param keys of `revocationKeys`
 */
export const revokeWithin = async (transaction: Transaction, keys: readonly string[], expiresAt = new Date(Date.now() + ACCESS_TOKEN_SECONDS * 1_000)): Promise<void> => {
  if (keys.length === 0) return;
  await recordPolicyChange(transaction, TOKENS_REVOKED);
  await transaction.$executeRaw`
    INSERT INTO accounts.revoked_tokens (key, sequence, expires_at)
    SELECT key, nextval('accounts.policy_change_sequence'), ${expiresAt} FROM unnest(${[...new Set(keys)]}::text[]) AS key
    ON CONFLICT (key) DO NOTHING`;
};

/** Access tokens that must not be used any more although they verify. */
@Injectable()
export class RevocationsStore {
  constructor(
    private readonly database: Database,
    private readonly changeLog: PolicyChangeLog,
  ) {}

  async isRevoked(token: Pick<AccessToken, 'revocationKeys'>): Promise<boolean> {
    return (await this.database.revokedToken.count({ where: { key: { in: [...token.revocationKeys] }, expiresAt: { gt: new Date() } } })) > 0;
  }

  async revokeToken(tokenId: string): Promise<void> {
    await this.changeLog.transact((transaction) => revokeWithin(transaction, [revocationKeys.token(tokenId)]));
  }

  /** @param after a sequence number of an earlier answer */
  async after(after: bigint): Promise<RevokedTokens> {
    const last = (await this.database.revokedToken.aggregate({ _max: { sequence: true } }))._max.sequence ?? 0n;
    // A number above all others comes from before a restore of the database, or what it stood for has ended: then all is told again.
    const from = after > last ? 0n : after;
    const rows = await this.database.revokedToken.findMany({ where: { sequence: { gt: from }, expiresAt: { gt: new Date() } }, orderBy: { sequence: 'asc' }, take: MAX_ANSWER });
    return {
      revoked: rows.map(({ key, expiresAt }) => ({ key, expiresAtMs: expiresAt.getTime() })),
      next: String(rows.at(-1)?.sequence ?? from),
      more: rows.length === MAX_ANSWER,
    };
  }

  async prune(): Promise<void> {
    await this.database.revokedToken.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  }
}
