import type { KeyObject } from 'node:crypto';
import type { Logger } from '@llm-proxy/platform-logging';
import { type AccessTokenKeys, type VerifiedAccessToken, accessTokenKeyId, publicKeysOf, verifyAccessToken } from '@llm-proxy/shared-auth';
import type { PolicySource } from './policy-source.js';
import { Revocations } from './revocations.js';

interface Known {
  says: AccessTokenKeys;
  keys: ReadonlyMap<string, KeyObject>;
  loadedAtMs: number;
}

/** However many tokens name keys that nobody knows, the keys are asked for that often at most. */
const ASK_AGAIN_MS = 5_000;
/** New keys are announced earlier than that before they sign; removed ones stop working within it. */
const REFRESH_MS = 5 * 60_000;

/** The keys could not be had, and none that fits is known; or nobody knows which tokens were revoked. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

/** Verifies OAuth access tokens here, with the keys of the authorization server, which is asked for them once in a while. */
export class AccessTokenVerifier {
  private knownKeys: Known | undefined;
  private loading: Promise<Known> | undefined;
  private askedAtMs = Number.NEGATIVE_INFINITY;

  /** What was revoked; refreshed and stopped by whoever follows the changes. */
  readonly revocations: Revocations;

  constructor(private readonly options: { source: Pick<PolicySource, 'accessTokenKeys' | 'revokedTokens'>; logger?: Logger }) {
    this.revocations = new Revocations(options);
  }

  /**
   * @param nowMs milliseconds since 1970
   * @throws KeysUnavailableError
   */
  async verify(token: string, nowMs: number): Promise<VerifiedAccessToken> {
    const keyId = accessTokenKeyId(token);
    if (keyId === null) return { ok: false, reason: 'invalid' };
    const known = await this.keysWith(keyId, nowMs);
    const key = known.keys.get(keyId);
    const verified: VerifiedAccessToken = key === undefined ? { ok: false, reason: 'invalid' } : verifyAccessToken(token, key, known.says, nowMs);
    if (!verified.ok) return verified;
    await this.revocations.ready().catch((error: unknown) => {
      throw new KeysUnavailableError('revoked access tokens cannot be had', { cause: error });
    });
    return this.revocations.includes(verified.token.revocationKeys) ? { ok: false, reason: 'invalid' } : verified;
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
