import type { KeyObject } from 'node:crypto';
import { type AccessTokenKeys, type VerifiedAccessToken, accessTokenKeyId, publicKeysOf, verifyAccessToken } from '@llm-proxy/shared-auth';
import type { PolicySource } from './policy-source.js';

interface Known {
  says: AccessTokenKeys;
  keys: ReadonlyMap<string, KeyObject>;
  loadedAtMs: number;
}

/** However many tokens name keys that nobody knows, the keys are asked for that often at most. */
const ASK_AGAIN_MS = 5_000;
/** New keys are announced earlier than that before they sign; removed ones stop working within it. */
const REFRESH_MS = 5 * 60_000;

/** The keys could not be had, and none that fits is known. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

/** Verifies OAuth access tokens here, with the keys of the authorization server, which is asked for them once in a while. */
export class AccessTokenVerifier {
  private knownKeys: Known | undefined;
  private loading: Promise<Known> | undefined;
  private askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: { source: Pick<PolicySource, 'accessTokenKeys'> }) {}

  /**
   * @param nowMs milliseconds since 1970
   * @throws KeysUnavailableError
   */
  async verify(token: string, nowMs: number): Promise<VerifiedAccessToken> {
    const keyId = accessTokenKeyId(token);
    if (keyId === null) return { ok: false, reason: 'invalid' };
    const known = await this.keysWith(keyId, nowMs);
    const key = known.keys.get(keyId);
    return key === undefined ? { ok: false, reason: 'invalid' } : verifyAccessToken(token, key, known.says, nowMs);
  }

  private async keysWith(keyId: string, nowMs: number): Promise<Known> {
    const known = this.knownKeys;
    const isCurrent = known !== undefined && known.keys.has(keyId) && nowMs - known.loadedAtMs < REFRESH_MS;
    const mayAsk = nowMs - this.askedAtMs >= ASK_AGAIN_MS;
    if (known !== undefined && (isCurrent || (!mayAsk && this.loading === undefined))) return known;
    if (this.loading === undefined && !mayAsk) throw new KeysUnavailableError('keys of access tokens could not be had a moment ago');
    try {
      this.loading ??= this.load(nowMs).finally(() => (this.loading = undefined));
      return await this.loading;
    } catch (error) {
      if (known?.keys.has(keyId)) return known;
      throw new KeysUnavailableError('keys of access tokens cannot be had', { cause: error });
    }
  }

  private async load(nowMs: number): Promise<Known> {
    this.askedAtMs = nowMs;
    const says = await this.options.source.accessTokenKeys();
    this.knownKeys = { says, keys: publicKeysOf(says), loadedAtMs: nowMs };
    return this.knownKeys;
  }
}
