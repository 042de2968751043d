import { randomBytes } from 'node:crypto';

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

/** Takes any text, never throws, looks nothing up. Null: not an API key. */
export const parseApiKey = (text: string): ApiKey | null => {
  const parts = SHAPE.exec(text);
  return parts && { keyId: unpackUuid(parts[1]!), projectId: unpackUuid(parts[2]!), secret: parts[3]! };
};

/** @throws TypeError when an id is not a UUID, or the secret could not be parsed back */
export const formatApiKey = ({ keyId, projectId, secret }: ApiKey): string => {
  const text = `${API_KEY_PREFIX}${packUuid(keyId)}-${packUuid(projectId)}-${secret}`;
  if (!SHAPE.test(text)) throw new TypeError('An API key needs two UUIDs and a secret of 1 to 256 visible ASCII characters.');
  return text;
};

/** 32 random bytes, base64url. */
export const newApiKeySecret = (): string => randomBytes(32).toString('base64url');

/** base64url with `.` in place of `-`, because `-` separates the parts. */
const packUuid = (uuid: string): string => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url').replaceAll('-', '.');

const unpackUuid = (packed: string): string => {
  const hex = Buffer.from(packed.replaceAll('.', '-'), 'base64url').toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
