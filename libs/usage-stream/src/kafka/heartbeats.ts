/** Protocol errors after which the partition is, or is about to be, somebody else's. */
const LOST = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'NOT_COORDINATOR_FOR_GROUP', 'FENCED_INSTANCE_ID']);

/** True for what Kafka answers to a member that the group goes on without. */
export const isMembershipLost = (error: unknown): boolean => LOST.has((error as { type?: string } | undefined)?.type ?? '');

export interface Heartbeats {
  /** Aborts, with kafkajs's error as the reason, when the group goes on without us or has not heard of us for too long. */
  lost: AbortSignal;
  stop(): void;
}

/**
 * Tells the group that we live while a handler works: kafkajs does so only between batches.
 * @param heartbeat of kafkajs, which leaves out the beats that come too early
 */
export const startHeartbeats = (heartbeat: () => Promise<void>, sessionTimeoutMs: number): Heartbeats => {
  const controller = new AbortController();
  let lastBeat = Date.now();
  const beat = async (): Promise<void> => {
    try {
      await heartbeat();
      lastBeat = Date.now();
    } catch (error) {
      if (isMembershipLost(error) || Date.now() - lastBeat > sessionTimeoutMs) controller.abort(error);
    }
  };
  const timer = setInterval(() => void beat(), Math.floor(sessionTimeoutMs / 10));
  return { lost: controller.signal, stop: () => clearInterval(timer) };
};
