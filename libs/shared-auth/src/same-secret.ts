import { hash, timingSafeEqual } from 'node:crypto';

/** What a secret can be recognised by, and not be read from: its SHA-256. */
export const secretDigest = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** Compares in constant time, whatever the lengths. */
export const matchesDigest = (presented: string, digest: Buffer): boolean => timingSafeEqual(secretDigest(presented), digest);

/** Compares in constant time, whatever the lengths. */
export const sameSecret = (presented: string, expected: string): boolean => matchesDigest(presented, secretDigest(expected));
