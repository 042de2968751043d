import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { RequestLimit, WINDOW_MS } from '../http/request-limit.js';

const MAX_VALID = 10_000;

/**
 * Stands between guesses and the database: anybody can write keys that look right, and each one has to be looked up. An address that has shown too many
 * invalid ones is only served for credentials that were valid within the last minute, so that a neighbour behind the same address works on.
 */
export class InvalidCredentials {
  private readonly invalid: RequestLimit;
  private readonly valid = new LRUCache<string, true>({ max: MAX_VALID, ttl: WINDOW_MS });

  /** @param perMinute for an address, in this process */
  constructor(perMinute: number) {
    this.invalid = new RequestLimit(perMinute);
  }

  /** May this one be looked up? */
  admits(address: string, credential: string): boolean {
    return !this.invalid.isReached(address, Date.now()) || this.valid.has(digestOf(credential));
  }

  wasValid(credential: string): void {
    this.valid.set(digestOf(credential), true);
  }

  wasInvalid(address: string): void {
    this.invalid.admits(address, Date.now());
  }
}

const digestOf = (credential: string): string => createHash('sha256').update(credential).digest('base64');
