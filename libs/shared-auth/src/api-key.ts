import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The three parts of `ma-<key id>-<project id>-<secret>`. Ids are UUIDs in lower case. */
export interface ApiKey {
  keyId: string;
  projectId: string;
  /** Its UTF-8 bytes, as written, are the HMAC key of participant tokens minted from the API key. */
  secret: string;
}

export const API_KEY_PREFIX = 'ma-';

/** A packed UUID is 22 characters whose last one holds only two bits, so that each key has exactly one spelling. */
const SHAPE = /^ma-([A-Za-z0-9._]{21}[AQgw])-([A-Za-z0-9._]{21}[AQgw])-([\x21-\x7e]{1,256})$/;

const SECRET_BYTES = 32;
/** 32 random bytes and their CRC-32, base64url. Secrets of any other form carry no checksum. */
const CHECKED_SECRET = /^[\w-]{48}$/;

/** Takes any text, never throws, looks nothing up. Null: not an API key, or one that was copied wrongly or made up. */
export const parseApiKey = (text: string): ApiKey | null => {
  const parts = SHAPE.exec(text);
  if (parts === null || !hasRightChecksum(parts[3]!)) return null;
  return { keyId: unpackUuid(parts[1]!), projectId: unpackUuid(parts[2]!), secret: parts[3]! };
};

/** @throws TypeError when an id is not a UUID, or the secret could not be parsed back: a checksum in it is wrong */
export const formatApiKey = ({ keyId, projectId, secret }: ApiKey): string => {
  const text = `${API_KEY_PREFIX}${packUuid(keyId)}-${packUuid(projectId)}-${secret}`;
  if (parseApiKey(text) === null) throw new TypeError('An API key needs two UUIDs and a secret of 1 to 256 visible ASCII characters.');
  return text;
};

/** 32 random bytes with a checksum, base64url: what is no key can mostly be told without looking anything up. */
export const newApiKeySecret = (): string => {
  const random = randomBytes(SECRET_BYTES);
  return Buffer.concat([random, checksumOf(random)]).toString('base64url');
};

const checksumOf = (bytes: Buffer): Buffer => {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  return checksum;
};

const hasRightChecksum = (secret: string): boolean => {
  if (!CHECKED_SECRET.test(secret)) return true;
  const bytes = Buffer.from(secret, 'base64url');
  return crc32(bytes.subarray(0, SECRET_BYTES)) === bytes.readUInt32BE(SECRET_BYTES);
};

/** base64url with `.` in place of `-`, because `-` separates the parts. */
const packUuid = (uuid: string): string => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url').replaceAll('-', '.');

const unpackUuid = (packed: string): string => {
  const hex = Buffer.from(packed.replaceAll('.', '-'), 'base64url').toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
