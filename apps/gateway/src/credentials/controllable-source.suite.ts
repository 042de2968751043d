import type { AccessTokenKeys, PolicyChanges, ProjectPolicy, RevokedTokens, RoomPolicy } from '@llm-proxy/shared-auth';
import type { PolicySource } from './policy-source.js';

/** A policy source for specs: holds projects and rooms, announces changes, and can be taken away. */
export class ControllableSource implements PolicySource {
  readonly projects = new Map<string, ProjectPolicy>();
  readonly rooms = new Map<string, RoomPolicy>();
  readonly asked: string[] = [];
  /** The questions which of many ids are projects. */
  readonly askedWhichExist: string[][] = [];
  away = false;
  /** How often whoever follows was told that the source is away. */
  lostContacts = 0;
  /** Runs between the question for a project and its answer. */
  beforeAnswer: (() => Promise<void>) | undefined;
  /** Runs between the question which projects exist and its answer. */
  beforeExistingAnswer: (() => Promise<void>) | undefined;
  /** True while somebody follows. */
  waiting = false;
  /** Changes that were told. */
  heard = 0;
  private sequence = 1;
  private changed: { sequence: number; projectId: string }[] = [];
  private wake: () => void = () => undefined;

  async project(projectId: string): Promise<ProjectPolicy | null> {
    this.asked.push(projectId);
    await new Promise(setImmediate);
    if (this.away) throw new Error('away');
    const answer = this.projects.get(projectId) ?? null;
    await this.beforeAnswer?.();
    return answer;
  }

  async existingProjects(projectIds: string[]): Promise<string[]> {
    this.askedWhichExist.push(projectIds);
    await new Promise(setImmediate);
    if (this.away) throw new Error('away');
    const answer = projectIds.filter((id) => this.projects.has(id));
    await this.beforeExistingAnswer?.();
    return answer;
  }

  async room(projectId: string, name: string): Promise<RoomPolicy | null> {
    this.asked.push(`${projectId}/${name}`);
    if (this.away) throw new Error('away');
    return this.rooms.get(name) ?? null;
  }

  async reportKeyUse(): Promise<void> {
    this.assertHere();
  }

  tokenKeys: AccessTokenKeys = { issuer: 'https://llm.example.com', audience: 'https://llm.example.com/api', keys: [] };

  async accessTokenKeys(): Promise<AccessTokenKeys> {
    this.asked.push('keys');
    if (this.away) throw new Error('away');
    return this.tokenKeys;
  }

  /** In the order of their revocation. */
  readonly revoked: RevokedTokens['revoked'] = [];
  revokedPerAnswer = 1_000;

  async revokedTokens(after: string | null): Promise<RevokedTokens> {
    this.asked.push(`revoked after ${after}`);
    await new Promise(setImmediate);
    if (this.away) throw new Error('away');
    const start = Number(after ?? 0);
    const revoked = this.revoked.slice(start, start + this.revokedPerAnswer);
    return { revoked, next: String(start + revoked.length), more: start + revoked.length < this.revoked.length };
  }

  announce(projectId: string): void {
    this.changed.push({ sequence: ++this.sequence, projectId });
    this.wake();
  }

  /** Ends the wait of whoever follows, as a lost connection does. */
  setAway(away: boolean): void {
    this.away = away;
    this.wake();
  }

  async changes(after: string | null, _waitMs: number, signal: AbortSignal): Promise<PolicyChanges> {
    this.assertHere();
    const fresh = () => this.changed.filter(({ sequence }) => sequence > Number(after));
    if (after !== null && fresh().length === 0) {
      this.waiting = true;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    this.assertHere();
    const changes = after === null ? [] : fresh().map(({ sequence, projectId }) => ({ sequence: String(sequence), projectId }));
    this.heard += changes.length;
    return { changes, next: String(this.sequence) };
  }

  private assertHere(): void {
    if (!this.away) return;
    this.lostContacts++;
    throw new Error('away');
  }

  async close(): Promise<void> {
    this.wake();
  }
}
