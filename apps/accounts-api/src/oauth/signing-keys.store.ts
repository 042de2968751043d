import { generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { JWK } from 'oidc-provider';
import { ACCESS_TOKEN_ALGORITHM, SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { Database, type Transaction } from '../database/database.js';
import type { OAuthSigningKey, Prisma } from '../generated/client.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** A key signs that long. */
export const ROTATE_AFTER_MS = 30 * DAY_MS;
/** A new key is shown to everybody before it signs. */
export const SHOWN_BEFORE_MS = 10 * 60 * 1_000;
/** A replaced key is shown until every token that it signed has ended. */
export const SHOWN_AFTER_MS = DAY_MS;
/** Any fixed number: replicas rotate one after the other. */
const ROTATION_LOCK = 5_107_340_883;

export interface SigningKeys {
  /** Private keys of all that are shown; the first one signs. */
  private: JWK[];
  signingKeyId: string;
}

/** The keys of access tokens and ID tokens, shared by all replicas. */
@Injectable()
export class SigningKeysStore {
  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
  ) {}

  /** Rotates when it is time, and answers the keys of the moment. */
  async current(nowMs: number): Promise<SigningKeys> {
    let rows = await this.rows(this.database);
    if (isRotationDue(rows, nowMs)) rows = await this.rotate(nowMs);
    const over = new Set(keysThatAreOver(rows, nowMs));
    const ordered = signingFirst(rows.filter((row) => !over.has(row)), nowMs);
    return { private: ordered.map((row) => this.open(row)), signingKeyId: ordered[0]!.keyId };
  }

  private rows(from: Database | Transaction): Promise<OAuthSigningKey[]> {
    return from.oAuthSigningKey.findMany({ orderBy: { createdAt: 'desc' } });
  }

  private async rotate(nowMs: number): Promise<OAuthSigningKey[]> {
    const fresh = await this.newKey(nowMs);
    return this.database.$transaction(async (transaction) => {
      await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${ROTATION_LOCK}::bigint)`;
      // Another replica may have been first.
      if (!isRotationDue(await this.rows(transaction), nowMs)) return this.rows(transaction);
      await transaction.oAuthSigningKey.create({ data: fresh });
      const over = keysThatAreOver(await this.rows(transaction), nowMs);
      await transaction.oAuthSigningKey.deleteMany({ where: { keyId: { in: over.map(({ keyId }) => keyId) } } });
      return this.rows(transaction);
    });
  }

  private async newKey(nowMs: number): Promise<Prisma.OAuthSigningKeyCreateInput> {
    const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    const keyId = randomUUID();
    const about = { kid: keyId, alg: ACCESS_TOKEN_ALGORITHM, use: 'sig' };
    return {
      keyId,
      publicJwk: { ...publicKey.export({ format: 'jwk' }), ...about } as Prisma.InputJsonObject,
      sealedPrivate: this.box.seal(JSON.stringify({ ...privateKey.export({ format: 'jwk' }), ...about }), sealedFor(keyId)),
      createdAt: new Date(nowMs),
    };
  }

  private open({ keyId, sealedPrivate }: OAuthSigningKey): JWK {
    return JSON.parse(this.box.open(sealedPrivate, sealedFor(keyId))) as JWK;
  }
}

const sealedFor = (keyId: string) => ({ projectId: '', field: sealedFields.oauthSigningKey(keyId) });

type Aged = Pick<OAuthSigningKey, 'keyId' | 'createdAt'>;

/** @param keys newest first, as everywhere here */
export const isRotationDue = (keys: readonly Aged[], nowMs: number): boolean => {
  const newest = keys[0];
  return newest === undefined || nowMs - newest.createdAt.getTime() >= ROTATE_AFTER_MS;
};

/** The newest key that everybody has had time to see signs; a first key has nobody to wait for. */
export const signingFirst = <Key extends Aged>(keys: readonly Key[], nowMs: number): Key[] => {
  const signing = keys.find(({ createdAt }) => nowMs - createdAt.getTime() >= SHOWN_BEFORE_MS) ?? keys.at(-1);
  return signing === undefined ? [] : [signing, ...keys.filter((key) => key !== signing)];
};

/** Those whose successor has been signing for longer than any token lives. */
export const keysThatAreOver = <Key extends Aged>(keys: readonly Key[], nowMs: number): Key[] =>
  keys.filter((_, index) => index > 0 && nowMs - keys[index - 1]!.createdAt.getTime() >= SHOWN_BEFORE_MS + SHOWN_AFTER_MS);
