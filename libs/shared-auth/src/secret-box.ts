import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** What a sealed value belongs to. It opens for the same pair only, so that a row copied elsewhere is worthless. */
export interface SealedFor {
  projectId: string;
  field: string;
}

/** The field names in use. */
export const sealedFields = {
  apiKeySecret: (keyId: string): string => `api_key_secret:${keyId}`,
  integration: (provider: string): string => `integration:${provider}`,
  /** Of one of the settings documents. */
  settings: (name: string): string => `settings:${name}`,
  oauthClientSecret: (clientId: string): string => `oauth_client_secret:${clientId}`,
  oauthArtifact: (key: string): string => `oauth_artifact:${key}`,
  oauthSigningKey: (keyId: string): string => `oauth_signing_key:${keyId}`,
};

/** The sealed text is damaged, belongs elsewhere, or was sealed with a key that this process does not have. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^v1\.([0-9a-f]{8})\.([\w-]+)$/;

/**
 * Seals short secrets with AES-256-GCM. Text form: `v1.<key id>.<base64url of nonce, ciphertext, tag>`.
 * Give the current key first and earlier ones after it: it seals with the first and opens with any.
 */
export class SecretBox {
  private readonly keys: Map<string, Buffer>;
  private readonly current: { id: string; key: Buffer };

  /** @throws TypeError unless every key has 32 bytes */
  constructor(keys: Buffer | readonly Buffer[]) {
    const list = Buffer.isBuffer(keys) ? [keys] : keys;
    const key = list[0];
    if (!key || list.some((one) => one.length !== 32)) throw new TypeError('A SecretBox needs keys of 32 bytes.');
    this.keys = new Map(list.map((one) => [keyIdOf(one), one]));
    this.current = { id: keyIdOf(key), key };
  }

  seal(plain: string, owner: SealedFor): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.current.key, nonce).setAAD(boundTo(owner));
    const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${this.current.id}.${sealed.toString('base64url')}`;
  }

  /** How everything begins that the current key sealed. */
  get currentPrefix(): string {
    return `${VERSION}.${this.current.id}.`;
  }

  /** @throws SealError; its message holds neither the secret nor the sealed text */
  open(sealed: string, owner: SealedFor): string {
    const parts = SEALED.exec(sealed);
    if (!parts) throw new SealError('Not a sealed value.');
    const key = this.keys.get(parts[1]!);
    if (!key) throw new SealError(`Sealed with key ${parts[1]}, which is not configured here.`);
    const bytes = Buffer.from(parts[2]!, 'base64url');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealError('Sealed value is cut short.');
    return decrypt(key, bytes, boundTo(owner));
  }
}

const decrypt = (key: Buffer, bytes: Buffer, aad: Buffer): string => {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES }).setAAD(aad);
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw new SealError('Sealed value is damaged or belongs to another project or field.');
  }
};

/** JSON keeps the two apart whatever characters they hold. */
const boundTo = ({ projectId, field }: SealedFor): Buffer => Buffer.from(JSON.stringify([VERSION, projectId, field]));

/** Names a key without telling anything about it. */
const keyIdOf = (key: Buffer): string => createHash('sha256').update('key-encryption-key').update(key).digest('hex').slice(0, 8);
