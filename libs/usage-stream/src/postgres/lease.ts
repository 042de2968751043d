import { DeliveryInterrupted } from '../usage-stream.errors.js';
import type { Membership } from './membership.js';

/** What a member owns, and whether it still does. */
export interface Lease {
  /** First uncommitted offset by partition. */
  readonly owned: Map<number, bigint>;
  isDue(): boolean;
  renew(): Promise<void>;
  /** Renews while a batch of this partition is handled. */
  keep(partition: number): KeptLease;
}

export interface KeptLease {
  /** Aborts when the partition is ours no longer, or when nobody could tell for longer than the lease. */
  lost: AbortSignal;
  /** Ends the renewing, also one under way. */
  release(): Promise<void>;
}

/** @param leaseMs after how long of silence the group goes on without this member */
export const createLease = (membership: Membership, leaseMs: number): Lease => {
  const owned = new Map<number, bigint>();
  const everyMs = Math.floor(leaseMs / 5);
  let renewedAt = 0;

  const share = async (busyPartition?: number): Promise<void> => {
    const startedAt = Date.now();
    const now = await membership.share(busyPartition);
    for (const partition of owned.keys()) if (!now.has(partition)) owned.delete(partition);
    for (const [partition, committed] of now) owned.set(partition, committed);
    renewedAt = startedAt;
  };

  const keep = (partition: number): KeptLease => {
    const controller = new AbortController();
    let sharing: Promise<void> | undefined;
    const check = (): void => {
      sharing = undefined;
      if (!owned.has(partition)) controller.abort(new DeliveryInterrupted('the partition has another owner'));
      else if (Date.now() - renewedAt > leaseMs) controller.abort(new DeliveryInterrupted('the lease has ended'));
    };
    const timer = setInterval(() => (sharing ??= share(partition).then(check, check)), everyMs);
    const release = async (): Promise<void> => {
      clearInterval(timer);
      await sharing;
    };
    return { lost: controller.signal, release };
  };

  return { owned, isDue: () => Date.now() - renewedAt >= everyMs, renew: () => share(), keep };
};
