import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Topic } from './topics.js';

/** A consumer's place in its group. */
export interface Membership {
  readonly id: string;
  /** Says that we live, and takes or gives up partitions so that each member has its fair part. @returns what we own: first uncommitted offset by partition */
  share(busyPartition: number | undefined): Promise<Map<number, bigint>>;
  /** Gives everything up at once, so that nobody has to wait for the lease to end. */
  leave(): Promise<void>;
}

export const createMembership = (pool: pg.Pool, topic: Topic, group: string, leaseMs: number): Membership => {
  const id = randomUUID();

  const share = async (busyPartition: number | undefined): Promise<Map<number, bigint>> => {
    const { rows } = await pool.query<{ partition: number; committed: string }>({
      name: 'usage-stream-share',
      text: 'SELECT owned_partition AS partition, owned_committed::text AS committed FROM usage_stream.share($1, $2, $3, $4, $5)',
      values: [topic.id, group, id, leaseMs, busyPartition ?? null],
    });
    return new Map(rows.map(({ partition, committed }) => [partition, BigInt(committed)]));
  };

  const leave = async (): Promise<void> => {
    await pool.query(
      `WITH gone AS (DELETE FROM usage_stream.consumers WHERE topic_id = $1 AND group_name = $2 AND member = $3::uuid),
            freed AS (UPDATE usage_stream.progress SET owner = NULL WHERE topic_id = $1 AND group_name = $2 AND owner = $3::uuid)
       SELECT pg_notify('usage_stream', $1::text)`,
      [topic.id, group, id],
    );
  };

  return { id, share, leave };
};
