import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { PolicyChanges } from '@llm-proxy/shared-auth';
import { type AuditEntry, writeAudit } from '../audit/write-audit.js';
import { Database, type Transaction } from '../database/database.js';

/** Any fixed number. */
const WRITER_LOCK = 5_107_340_881;
const MAX_CHANGES = 1_000;
const POLL_MS = 500;

/**
 * Tells gateways to drop what they know of a project. Belongs at the end of the transaction that changes it: the lock is held until the
 * commit, so that a reader who saw number n has seen all below.
 */
export const recordPolicyChange = async (transaction: Transaction, projectId: string): Promise<void> => {
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${WRITER_LOCK}::bigint)`;
  await transaction.$executeRaw`
    INSERT INTO accounts.policy_changes (project_id, sequence) VALUES (${projectId}::uuid, nextval('accounts.policy_change_sequence'))
    ON CONFLICT (project_id) DO UPDATE SET sequence = EXCLUDED.sequence`;
};

/**
 * Writes policy changes and answers "what changed since": at once when something did, else when something does or the wait is over. Changes
 * made by this process wake it at once, those of other replicas within half a second; one query per poll serves all who wait.
 */
@Injectable()
export class PolicyChangeLog implements OnModuleDestroy {
  private readonly waiting = new Set<() => void>();
  private poller: NodeJS.Timeout | undefined;
  private seen: bigint | undefined;
  private closed = false;

  constructor(private readonly database: Database) {}

  /**
   * Runs work that changes a project, notes it in the audit log and tells the gateways, in one transaction.
   * @param audit what the work did; null: nothing after all
   */
  async commit<Result>(
    projectId: string,
    work: (transaction: Transaction) => Promise<Result>,
    audit: AuditEntry | ((done: Result) => AuditEntry | null),
  ): Promise<Result> {
    const result = await this.database.$transaction(async (transaction) => {
      const done = await work(transaction);
      const entry = typeof audit === 'function' ? audit(done) : audit;
      if (entry) await writeAudit(transaction, projectId, entry);
      await recordPolicyChange(transaction, projectId);
      return done;
    });
    this.wakeAll();
    return result;
  }

  /** Runs work that records by itself what gateways must hear of, in one transaction. */
  async transact<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const result = await this.database.$transaction(work);
    this.wakeAll();
    return result;
  }

  /** @param after null: where are we now? Answers at once, without changes */
  async changesAfter(after: bigint | null, waitMs: number): Promise<PolicyChanges> {
    if (after === null) return { changes: [], next: String(await this.lastSequence()) };
    const deadline = Date.now() + waitMs;
    for (;;) {
      // Listening starts before reading, so that nothing falls between.
      const wake = this.nextWake(deadline - Date.now());
      try {
        const changes = await this.read(after);
        if (changes.length > 0) return { changes, next: changes.at(-1)!.sequence };
        if (Date.now() >= deadline) return { changes, next: String(after) };
        await wake.promise;
        // Nothing is read any more while the database is being closed.
        if (this.closed) return { changes: [], next: String(after) };
      } finally {
        wake.cancel();
      }
    }
  }

  onModuleDestroy(): void {
    this.closed = true;
    clearTimeout(this.poller);
    this.wakeAll();
  }

  private wakeAll(): void {
    for (const wake of this.waiting) wake();
  }

  private async read(after: bigint): Promise<PolicyChanges['changes']> {
    // A number never given out comes from before a restore of the database: whoever asks must forget every project.
    const from = after > (await this.lastSequence()) ? 0n : after;
    const rows = await this.database.policyChange.findMany({ where: { sequence: { gt: from } }, orderBy: { sequence: 'asc' }, take: MAX_CHANGES });
    return rows.map(({ sequence, projectId }) => ({ sequence: String(sequence), projectId }));
  }

  private async lastSequence(): Promise<bigint> {
    const last = await this.database.policyChange.aggregate({ _max: { sequence: true } });
    return last._max.sequence ?? 0n;
  }

  private nextWake(withinMs: number): { promise: Promise<void>; cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, withinMs));
    this.waiting.add(resolve);
    this.schedulePoll();
    const cancel = (): void => {
      clearTimeout(timer);
      this.waiting.delete(resolve);
    };
    return { promise, cancel };
  }

  private schedulePoll(): void {
    if (this.poller !== undefined || this.closed) return;
    this.poller = setTimeout(() => void this.poll(), POLL_MS);
  }

  private async poll(): Promise<void> {
    try {
      const last = await this.lastSequence();
      if (this.seen !== last) this.wakeAll();
      this.seen = last;
    } catch {
      // Those who wait find out by their own query, when their wait is over.
    }
    this.poller = undefined;
    if (this.waiting.size > 0) this.schedulePoll();
  }
}
