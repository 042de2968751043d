import { Injectable } from '@nestjs/common';
import { type AdapterPayload, errors } from 'oidc-provider';
import { SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { Database } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';
import type { OAuthArtifact } from '../generated/client.js';
import { artifactKey } from './artifact-key.js';

/** No project: these belong to the deployment. */
const DEPLOYMENT = '';

/** Sessions, interactions, codes, grants and refresh tokens: keyed by a digest, their content sealed. */
@Injectable()
export class ArtifactsStore {
  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
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

  /** Signs a user out everywhere. Access tokens end by themselves, within the hour. */
  async destroyOfUser(userId: string): Promise<void> {
    await this.database.oAuthArtifact.deleteMany({ where: { accountId: userId } });
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

const sealedFor = (key: string) => ({ projectId: DEPLOYMENT, field: sealedFields.oauthArtifact(key) });
