import { LRUCache } from 'lru-cache';

/**
 * What this process did with the last events, to spare the stores work when the stream delivers again. It may forget at any time:
 * that each event has its effect once is guaranteed by the stores.
 */
export class RecentEvents {
  private readonly steps: LRUCache<string, 'published' | 'done'>;

  constructor(mostEvents = 50_000) {
    this.steps = new LRUCache({ max: mostEvents });
  }

  isDone(eventId: string): boolean {
    return this.steps.get(eventId) === 'done';
  }

  isPublished(eventId: string): boolean {
    return this.steps.has(eventId);
  }

  published(eventIds: readonly string[]): void {
    for (const id of eventIds) this.steps.set(id, 'published');
  }

  done(eventIds: readonly string[]): void {
    for (const id of eventIds) this.steps.set(id, 'done');
  }
}
