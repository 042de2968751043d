import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@llm-proxy/platform-logging';
import type { PolicySource } from './policy-source.js';

const RETRY_MS = 500;
/** Far more than could be revoked in the hour that a token lives. Beyond it the oldest are forgotten, and the log says so. */
const MAX_KNOWN = 1_000_000;

/**
 * Access tokens that were revoked and would still be valid. Asked for when the changes say that there are new ones, and only for those; while
 * accounts-api is away, those that are known go on being refused.
 */
export class Revocations {
  /** By key: when the last token that it concerns ends. */
  private readonly known = new Map<string, number>();
  private next: string | null = null;
  private isWanted = false;
  private refreshing: Promise<void> | undefined;
  private first: Promise<void> | undefined;
  private readonly stopped = new AbortController();

  constructor(private readonly options: { source: Pick<PolicySource, 'revokedTokens'>; logger?: Logger | undefined; nowMs?: () => number }) {}

  includes(keys: readonly string[]): boolean {
    return this.known.size > 0 && keys.some((key) => this.known.has(key));
  }

  /** Waits until the list is there for the first time; rejects when it cannot be had. */
  async ready(): Promise<void> {
    if (this.next !== null) return;
    this.first ??= this.load().finally(() => (this.first = undefined));
    await this.first;
  }

  /** Asks for what is new, and again until there is an answer. */
  refresh(): void {
    this.isWanted = true;
    this.refreshing ??= this.loadWhileWanted().finally(() => (this.refreshing = undefined));
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.refreshing;
  }

  private async loadWhileWanted(): Promise<void> {
    while (this.isWanted && !this.stopped.signal.aborted) {
      this.isWanted = false;
      try {
        await this.load();
      } catch (error) {
        this.isWanted = true;
        this.options.logger?.warn({ error: (error as Error).message }, 'revoked access tokens could not be asked for');
        await delay(RETRY_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      }
    }
  }

  private async load(): Promise<void> {
    for (let more = true; more; ) {
      const answer = await this.options.source.revokedTokens(this.next);
      for (const { key, expiresAtMs } of answer.revoked) this.known.set(key, expiresAtMs);
      this.next = answer.next;
      more = answer.more;
    }
    this.forgetOver();
  }

  private forgetOver(): void {
    const nowMs = (this.options.nowMs ?? Date.now)();
    for (const [key, expiresAtMs] of this.known) if (expiresAtMs <= nowMs) this.known.delete(key);
    if (this.known.size > MAX_KNOWN) this.options.logger?.error({ revoked: this.known.size }, 'too many revoked access tokens: the oldest are forgotten');
    for (const key of this.known.keys()) {
      if (this.known.size <= MAX_KNOWN) return;
      this.known.delete(key);
    }
  }
}
