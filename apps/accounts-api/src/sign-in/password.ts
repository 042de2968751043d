import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
const TAG_BYTES = 32;
const SALT_BYTES = 16;
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

export const MIN_PASSWORD_LENGTH = 12;
/** Longer ones are not looked at. */
export const MAX_PASSWORD_LENGTH = 1_024;

const derive = promisify<'argon2id', Argon2Parameters, Buffer>(argon2 as never);

/** One that no one has to think up: 120 random bits. */
export const newPassword = (): string => randomBytes(15).toString('base64url');

/** Argon2id in PHC form; the cost stands in it, so that it can be raised for new passwords. */
export const hashPassword = async (password: string): Promise<string> => {
  const nonce = randomBytes(SALT_BYTES);
  const tag = await derive('argon2id', { message: message(password), nonce, tagLength: TAG_BYTES, ...COST });
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${unpadded(nonce)}$${unpadded(tag)}`;
};

/** @param hash null when there is none: takes as long as if there were one, and is false */
export const isPassword = async (password: string, hash: string | null): Promise<boolean> => {
  const parts = PHC.exec(hash ?? NOBODYS);
  if (!parts || password.length > MAX_PASSWORD_LENGTH) return false;
  const [, memory, passes, parallelism, salt, tag] = parts as unknown as [string, string, string, string, string, string];
  const expected = Buffer.from(tag, 'base64');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const presented = await derive('argon2id', { message: message(password), nonce: Buffer.from(salt, 'base64'), tagLength: expected.length, ...cost });
  return timingSafeEqual(presented, expected) && hash !== null;
};

/** The same letters typed on different keyboards are the same password. */
const message = (password: string): Buffer => Buffer.from(password.normalize('NFC'));

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

const NOBODYS = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${unpadded(Buffer.alloc(SALT_BYTES))}$${unpadded(Buffer.alloc(TAG_BYTES))}`;
