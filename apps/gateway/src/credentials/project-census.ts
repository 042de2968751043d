import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { PolicySource } from './policy-source.js';

const MAX_UNKNOWN = 10_000;
const UNKNOWN_TTL_MS = 30_000;
const ASK_EVERY_MS = 100;
const MAX_IDS_A_QUESTION = 2_000;
const MAX_WAITING = 4_000;

interface Waiting {
  promise: Promise<boolean>;
  resolve: (exists: boolean) => void;
  reject: (error: unknown) => void;
  /** It may have been made while we asked, so that "no" is not to be remembered. */
  announced: boolean;
}

/** More ids wait for an answer than are asked for at a time. */
export class TooManyUnknownError extends Error {
  override readonly name = 'TooManyUnknownError';
}

// One for all: a flood must not be paid for in stack traces.
const tooMany = new TooManyUnknownError('too many project ids that nobody knows');

/**
 * Whether there is such a project. Ids are asked for together, ten times a second at most, so that a flood of invented ones costs little
 * and a project that is called for the first time in the midst of it is found all the same.
 */
export class ProjectCensus {
  private readonly unknown = new LRUCache<string, number>({ max: MAX_UNKNOWN });
  private readonly waiting = new Map<string, Waiting>();
  private asking = false;

  constructor(private readonly options: { source: Pick<PolicySource, 'existingProjects'>; nowMs: () => number }) {}

  /** True when it was said to be no project a moment ago. */
  isUnknown(projectId: string): boolean {
    const sinceMs = this.unknown.get(projectId);
    return sinceMs !== undefined && this.options.nowMs() - sinceMs < UNKNOWN_TTL_MS;
  }

  /** @throws TooManyUnknownError, and whatever the source throws */
  exists(projectId: string): Promise<boolean> {
    const known = this.waiting.get(projectId);
    if (known !== undefined) return known.promise;
    if (this.waiting.size >= MAX_WAITING) return Promise.reject(tooMany);
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.waiting.set(projectId, { promise, resolve, reject, announced: false });
    if (!this.asking) void this.askUntilNoneWaits();
    return promise;
  }

  /** Something of the project changed: it may exist now. */
  forget(projectId: string): void {
    this.unknown.delete(projectId);
    const waiting = this.waiting.get(projectId);
    if (waiting !== undefined) waiting.announced = true;
  }

  forgetAll(): void {
    for (const projectId of [...this.unknown.keys(), ...this.waiting.keys()]) this.forget(projectId);
  }

  private async askUntilNoneWaits(): Promise<void> {
    this.asking = true;
    while (this.waiting.size > 0) {
      await this.ask([...this.waiting.keys()].slice(0, MAX_IDS_A_QUESTION));
      await delay(ASK_EVERY_MS);
    }
    this.asking = false;
  }

  private async ask(projectIds: string[]): Promise<void> {
    try {
      const existing = new Set(await this.options.source.existingProjects(projectIds));
      for (const projectId of projectIds) this.answer(projectId, existing.has(projectId));
    } catch (error) {
      for (const projectId of projectIds) this.take(projectId).reject(error);
    }
  }

  private answer(projectId: string, exists: boolean): void {
    const { resolve, announced } = this.take(projectId);
    if (!exists && !announced) this.unknown.set(projectId, this.options.nowMs());
    resolve(exists);
  }

  private take(projectId: string): Waiting {
    const waiting = this.waiting.get(projectId)!;
    this.waiting.delete(projectId);
    return waiting;
  }
}
