import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@llm-proxy/platform-logging';
import { type ProjectPolicy, type RoomPolicy, TOKENS_REVOKED } from '@llm-proxy/shared-auth';
import { LRUCache } from 'lru-cache';
import { Allowance } from './allowance.js';
import type { PolicySource } from './policy-source.js';
import { ProjectCensus, TooManyUnknownError } from './project-census.js';
import type { Revocations } from './revocations.js';

/** A project as it stands. A changed project is a new object, so whatever was derived from the old one falls away with it. */
export interface KnownProject {
  readonly policy: ProjectPolicy;
  /** By name; null: the project has no such room. */
  readonly rooms: LRUCache<string, { room: RoomPolicy | null }>;
}

interface Entry {
  /** Null: the project was deleted. */
  project: KnownProject | null;
  loadedAtMs: number;
  /** Set when a change was announced: the entry has to be loaded anew, and serves until then only while the source is away. */
  stale: boolean;
  /** While the source is away, a stale entry serves without asking again until then. */
  askAgainAtMs: number;
}

export interface PolicyCacheOptions {
  source: PolicySource;
  logger: Logger;
  /** How long known projects go on working while accounts-api is away. */
  maxStaleMs: number;
  /** Told when access tokens were revoked, or may have been while nobody listened. */
  revocations?: Pick<Revocations, 'refresh' | 'stop'>;
  nowMs?: () => number;
}

const MAX_PROJECTS = 10_000;
const MAX_ROOMS_PER_PROJECT = 1_000;
const DELETED_PROJECT_TTL_MS = 30_000;
const CHANGES_WAIT_MS = 20_000;
const ASK_AGAIN_MS = 1_000;
const GATHER_MS = 100;
const AFRESH_PER_SECOND = 20;
const RETRY_MS = { first: 200, last: 2_000 };

/** Policy could not be had: the source is away and nothing recent enough is known. */
export class PolicyUnavailableError extends Error {
  override readonly name = 'PolicyUnavailableError';
}

// One for all: a flood must not be paid for in stack traces.
const askedTooOften = new PolicyUnavailableError('too many credentials that the known policies do not explain');

/** Projects as accounts-api describes them, kept current by following its changes. */
export class PolicyCache {
  private readonly entries = new LRUCache<string, Entry>({ max: MAX_PROJECTS });
  private readonly loading = new Map<string, Promise<KnownProject | null>>();
  private readonly gathering = new Map<string, Promise<KnownProject | null>>();
  /** Changed while they were being loaded, so that the answer may be from before. */
  private readonly changedMeanwhile = new Set<string>();
  private readonly stopped = new AbortController();
  private readonly census: ProjectCensus;
  private readonly afresh: Allowance;
  private readonly nowMs: () => number;
  private lastContactMs: number;
  private following: Promise<void> | undefined;

  constructor(private readonly options: PolicyCacheOptions) {
    this.nowMs = options.nowMs ?? Date.now;
    this.lastContactMs = this.nowMs();
    this.census = new ProjectCensus({ source: options.source, nowMs: this.nowMs });
    this.afresh = new Allowance(AFRESH_PER_SECOND, this.nowMs);
  }

  /** The project when it is known and current; undefined sends the caller to `load`. */
  peek(projectId: string): KnownProject | undefined {
    const entry = this.entries.get(projectId);
    return entry !== undefined && entry.project !== null && this.serves(entry) ? entry.project : undefined;
  }

  /**
   * @returns null when there is no such project
   * @throws PolicyUnavailableError
   */
  async load(projectId: string): Promise<KnownProject | null> {
    const entry = this.entries.get(projectId);
    if (entry !== undefined && this.serves(entry)) return entry.project;
    if (entry === undefined && this.census.isUnknown(projectId)) return null;
    return this.loading.get(projectId) ?? this.startLoading(projectId);
  }

  /**
   * The project as it is now, for a credential that the known project does not explain: its key may be seconds old. Such questions are gathered,
   * so that a flood of invented keys costs a few loads a second and no more: ten for one project, twenty for all.
   * @throws PolicyUnavailableError
   */
  loadAfresh(projectId: string): Promise<KnownProject | null> {
    const gathering = this.gathering.get(projectId);
    if (gathering !== undefined) return gathering;
    const entry = this.entries.peek(projectId);
    const waitMs = entry === undefined ? 0 : Math.max(0, entry.loadedAtMs + GATHER_MS - this.nowMs());
    if (!this.afresh.take()) return Promise.reject(askedTooOften);
    const load = delay(waitMs).then(async () => {
      this.gathering.delete(projectId);
      // One that is under way may have been answered before the key was made.
      await this.loading.get(projectId)?.catch(() => undefined);
      return this.loading.get(projectId) ?? this.startLoading(projectId);
    });
    this.gathering.set(projectId, load);
    return load;
  }

  /**
   * @returns null when the project has no such room
   * @throws PolicyUnavailableError
   */
  async loadRoom(project: KnownProject, name: string): Promise<RoomPolicy | null> {
    try {
      const room = await this.options.source.room(project.policy.projectId, name);
      project.rooms.set(name, { room });
      return room;
    } catch (error) {
      throw new PolicyUnavailableError('room cannot be looked up', { cause: error });
    }
  }

  /** Starts following the changes; returns at once, because a gateway must start while accounts-api is away. */
  start(): void {
    this.following ??= this.follow();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.following;
    await this.options.revocations?.stop();
    await this.options.source.close();
  }

  private serves(entry: Entry): boolean {
    const now = this.nowMs();
    if (now - this.lastContactMs > this.options.maxStaleMs) return false;
    if (entry.stale) return now < entry.askAgainAtMs;
    return entry.project !== null || now - entry.loadedAtMs < DELETED_PROJECT_TTL_MS;
  }

  private startLoading(projectId: string): Promise<KnownProject | null> {
    const entry = this.entries.get(projectId);
    const load = (entry === undefined ? this.askForNew(projectId) : this.ask(projectId, entry)).finally(() => {
      this.loading.delete(projectId);
      this.changedMeanwhile.delete(projectId);
    });
    this.loading.set(projectId, load);
    return load;
  }

  /** Most of what is new in a flood does not exist, and is not worth a question of its own. */
  private async askForNew(projectId: string): Promise<KnownProject | null> {
    try {
      if (!(await this.census.exists(projectId))) return null;
    } catch (error) {
      throw error instanceof TooManyUnknownError ? askedTooOften : new PolicyUnavailableError('project cannot be looked up', { cause: error });
    }
    return this.ask(projectId, undefined);
  }

  private async ask(projectId: string, old: Entry | undefined): Promise<KnownProject | null> {
    try {
      const policy = await this.options.source.project(projectId);
      this.lastContactMs = this.nowMs();
      const stale = this.changedMeanwhile.delete(projectId);
      const project = policy === null ? null : sameProject(policy, old) ?? newProject(policy);
      this.entries.set(projectId, { project, loadedAtMs: this.lastContactMs, stale, askAgainAtMs: 0 });
      return project;
    } catch (error) {
      if (old === undefined || this.nowMs() - this.lastContactMs > this.options.maxStaleMs) {
        throw new PolicyUnavailableError('project policy cannot be looked up', { cause: error });
      }
      old.askAgainAtMs = this.nowMs() + ASK_AGAIN_MS;
      return old.project;
    }
  }

  private async follow(): Promise<void> {
    let after: string | null = null;
    let retryMs = RETRY_MS.first;
    while (!this.stopped.signal.aborted) {
      try {
        const answer = await this.options.source.changes(after, CHANGES_WAIT_MS, this.stopped.signal);
        this.lastContactMs = this.nowMs();
        // What changed while nobody listened is unknown, so everything is asked for again.
        if (after === null) this.markAllStale();
        if (after === null || answer.changes.some(({ projectId }) => projectId === TOKENS_REVOKED)) this.options.revocations?.refresh();
        for (const change of answer.changes) this.markStale(change.projectId);
        after = answer.next;
        retryMs = RETRY_MS.first;
      } catch (error) {
        if (this.stopped.signal.aborted) return;
        if (after !== null) this.options.logger.warn({ error: (error as Error).message }, 'accounts-api is away: known credentials go on working');
        after = null;
        await delay(retryMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, RETRY_MS.last);
      }
    }
  }

  private markStale(projectId: string): void {
    const entry = this.entries.peek(projectId);
    if (entry !== undefined) entry.stale = true;
    if (this.loading.has(projectId)) this.changedMeanwhile.add(projectId);
    this.census.forget(projectId);
  }

  private markAllStale(): void {
    for (const projectId of new Set([...this.entries.keys(), ...this.loading.keys()])) this.markStale(projectId);
    this.census.forgetAll();
  }
}

/** Asked for without a change, the project mostly is what it was, and what was derived from it can stay. */
const sameProject = (policy: ProjectPolicy, old: Entry | undefined): KnownProject | null =>
  old !== undefined && !old.stale && isDeepStrictEqual(old.project?.policy, policy) ? old.project : null;

const newProject = (policy: ProjectPolicy): KnownProject => ({ policy, rooms: new LRUCache({ max: MAX_ROOMS_PER_PROJECT }) });
