import type { HeardUsage } from './web-socket.js';

/** More than a provider that is well ever leaves unreported. */
const MAX_KEPT = 16;

/** Answers of one socket that came to their end without usage. The report may follow in another frame; when it does not, they are told of as they are. */
export class SilentAnswers {
  private readonly kept = new Map<string | null, HeardUsage>();

  /** @returns one that is waited for no longer, because there are too many */
  keep(id: string | null, answer: HeardUsage): HeardUsage | null {
    const oldest = this.kept.size < MAX_KEPT ? undefined : this.kept.entries().next().value;
    if (oldest !== undefined) this.kept.delete(oldest[0]);
    this.kept.set(id, answer);
    return oldest?.[1] ?? null;
  }

  /** Its report came after all. */
  reported(id: string | null): void {
    this.kept.delete(id);
  }

  /** Those of which no report came: they are forgotten here. */
  takeRest(): HeardUsage[] {
    const rest = [...this.kept.values()];
    this.kept.clear();
    return rest;
  }
}
