import type { Logger } from '@llm-proxy/platform-logging';
import { LRUCache } from 'lru-cache';

export interface KeyUseOptions {
  /** Rejects when accounts-api is away; then the same keys are reported with the next batch. */
  report: (keys: { id: string; usedAtMs: number }[]) => Promise<void>;
  logger: Logger;
  /** Between two batches. */
  everyMs?: number;
}

const MAX_KEYS = 20_000;
const AT_MOST_EVERY_MS = 60_000;

/** Tells accounts-api when keys were last used: in batches, each key at most once a minute. */
export class KeyUse {
  /** By key id: when it was last noted for a report. */
  private readonly noted = new LRUCache<string, number>({ max: MAX_KEYS });
  private pending = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private reporting: Promise<void> = Promise.resolve();

  constructor(private readonly options: KeyUseOptions) {}

  /** On the path of every call: one map look-up. */
  note(keyId: string, nowMs: number): void {
    const last = this.noted.get(keyId);
    if (last !== undefined && nowMs - last < AT_MOST_EVERY_MS) return;
    this.noted.set(keyId, nowMs);
    this.pending.set(keyId, nowMs);
    this.timer ??= setTimeout(() => this.flush(), this.options.everyMs ?? 10_000).unref();
  }

  /** Reports what is pending, and waits for it. */
  async stop(): Promise<void> {
    this.flush();
    await this.reporting;
    clearTimeout(this.timer);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending.size === 0) return;
    const batch = this.pending;
    this.pending = new Map();
    this.reporting = this.reporting.then(() => this.send(batch));
  }

  private async send(batch: Map<string, number>): Promise<void> {
    try {
      await this.options.report([...batch].map(([id, usedAtMs]) => ({ id, usedAtMs })));
    } catch (error) {
      this.options.logger.debug({ error: (error as Error).message }, 'use of keys is reported later');
      // Newer times win; nothing grows beyond the number of keys that are remembered.
      for (const [id, usedAtMs] of batch) if (this.pending.size < MAX_KEYS && !this.pending.has(id)) this.pending.set(id, usedAtMs);
    }
  }
}
