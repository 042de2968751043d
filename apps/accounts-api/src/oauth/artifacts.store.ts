import { Injectable } from '@nestjs/common';
import { type AdapterPayload, errors } from 'oidc-provider';
import { revocationKeys, SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { Database, type Transaction } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';
import type { OAuthArtifact } from '../generated/client.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import { artifactKey } from './artifact-key.js';
import { revokeWithin } from './revocations.store.js';

/** No project: these belong to the deployment. */
const DEPLOYMENT = '';

/** Sessions, interactions, codes, grants and refresh tokens: keyed by a digest, their content sealed. */
@Injectable()
export class ArtifactsStore {
  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
    private readonly changeLog: PolicyChangeLog,
  ) {}

  async save(model: string, value: string, payload: AdapterPayload, lifetimeSeconds: number): Promise<void> {
    const key = artifactKey(model, value);
    const row = {
      sealed: this.box.seal(JSON.stringify(payload), sealedFor(key)),
      grantKey: payload.grantId === undefined ? null : artifactKey('Grant', payload.grantId),
      uidKey: model === 'Session' && payload.uid !== undefined ? artifactKey('Session.uid', payload.uid) : null,
      accountId: payload.accountId !== undefined && isUuid(payload.accountId) ? payload.accountId : null,
      clientId: payload.clientId ?? null,
      expiresAt: new Date(Date.now() + lifetimeSeconds * 1_000),
    };
    await this.database.oAuthArtifact.upsert({ where: { key }, create: { key, ...row }, update: row });
  }

  async find(model: string, value: string): Promise<AdapterPayload | undefined> {
    return this.open(await this.database.oAuthArtifact.findUnique({ where: { key: artifactKey(model, value) } }));
  }

  async findSessionByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.open(await this.database.oAuthArtifact.findUnique({ where: { uidKey: artifactKey('Session.uid', uid) } }));
  }

  /**
   * Marks a code or refresh token as used. Of two who present it at the same moment one succeeds.
   * @throws InvalidGrant for the other
   */
  async consume(model: string, value: string): Promise<void> {
    const { count } = await this.database.oAuthArtifact.updateMany({ where: { key: artifactKey(model, value), consumedAt: null }, data: { consumedAt: new Date() } });
    if (count === 0) throw new errors.InvalidGrant('already used');
  }

  async destroy(model: string, value: string): Promise<void> {
    await this.database.oAuthArtifact.deleteMany({ where: { key: artifactKey(model, value) } });
  }

  /** Everything that came of a grant. */
  async destroyByGrant(grantId: string): Promise<void> {
    await this.database.oAuthArtifact.deleteMany({ where: { grantKey: artifactKey('Grant', grantId) } });
  }

  /** Everything that came of a grant, and the access tokens that clients have of it. */
  async revokeGrant(grantId: string): Promise<void> {
    const grantKey = artifactKey('Grant', grantId);
    await this.changeLog.transact(async (transaction) => {
      await transaction.oAuthArtifact.deleteMany({ where: { grantKey } });
      await revokeWithin(transaction, [revocationKeys.grant(grantKey)]);
    });
  }

  async prune(): Promise<void> {
    await this.database.oAuthArtifact.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  }

  private open(row: OAuthArtifact | null): AdapterPayload | undefined {
    if (row === null || row.expiresAt.getTime() <= Date.now()) return undefined;
    const payload: AdapterPayload = JSON.parse(this.box.open(row.sealed, sealedFor(row.key)));
    return row.consumedAt === null ? payload : { ...payload, consumed: Math.floor(row.consumedAt.getTime() / 1_000) };
  }
}

/** Signs a user out everywhere: sessions, codes, refresh tokens and access tokens. */
export const signOutEverywhere = async (transaction: Transaction, userId: string): Promise<void> => {
  const artifacts = await transaction.oAuthArtifact.findMany({ where: { accountId: userId }, select: { key: true, grantKey: true } });
  await transaction.oAuthArtifact.deleteMany({ where: { accountId: userId } });
  // A grant's own row has its name as key; which rows are grants cannot be told from outside, and naming the others harms nobody.
  await revokeWithin(transaction, artifacts.flatMap(({ key, grantKey }) => [key, ...(grantKey === null ? [] : [grantKey])]).map(revocationKeys.grant));
};

const sealedFor = (key: string) => ({ projectId: DEPLOYMENT, field: sealedFields.oauthArtifact(key) });
