import type pg from 'pg';
import { partitionOfKey } from '../partition-of-key.js';
import type { OutgoingMessage, ReceivedMessage } from '../port.js';
import type { Topic } from './topics.js';

/** What a read may take into memory, beyond its first message. */
const MAX_READ_BYTES = 16 * 1024 * 1024;

/** Appends all or nothing. One statement, so one commit. */
export const append = async (client: pg.ClientBase, topic: Topic, messages: readonly OutgoingMessage[]): Promise<void> => {
  await client.query({
    name: 'usage-stream-append',
    text: 'SELECT usage_stream.append($1, $2::integer[], $3::text[], $4::text[], $5::integer[], $6::bytea)',
    values: [
      topic.id,
      messages.map(({ key }) => partitionOfKey(key, topic.partitions)),
      messages.map(({ id }) => id),
      messages.map(({ key }) => key),
      messages.map(({ value }) => value.length),
      Buffer.concat(messages.map(({ value }) => value)),
    ],
  });
};

/** Offsets after the last message, per partition. */
export const readEnds = async (pool: pg.Pool, topic: Topic): Promise<Map<number, bigint>> => {
  const { rows } = await pool.query<{ partition: number; end: string }>({
    name: 'usage-stream-ends',
    text: 'SELECT partition, next_offset::text AS end FROM usage_stream.partitions WHERE topic_id = $1',
    values: [topic.id],
  });
  return new Map(rows.map(({ partition, end }) => [partition, BigInt(end)]));
};

/** The next messages of a partition from an offset on, at most `limit`. */
export const readBatch = async (pool: pg.Pool, topicName: string, topic: Topic, partition: number, from: bigint, limit: number): Promise<ReceivedMessage[]> => {
  const { rows } = await pool.query<{ id: string; key: string; value: Buffer; offset: string }>({
    name: 'usage-stream-read',
    text: `SELECT id, key, value, "offset"::text AS offset FROM (
             SELECT *, sum(octet_length(value)) OVER (ORDER BY "offset") - octet_length(value) AS bytes_before FROM (
               SELECT id, key, value, "offset" FROM usage_stream.messages
               WHERE topic_id = $1 AND partition = $2 AND "offset" >= $3::bigint ORDER BY "offset" LIMIT $4
             ) AS page
           ) AS measured WHERE bytes_before < ${MAX_READ_BYTES} ORDER BY measured."offset"`,
    values: [topic.id, partition, from.toString(), limit],
  });
  return rows.map((row) => ({ ...row, topic: topicName, partition }));
};

/**
 * Moves the group's progress forward, never back.
 * @returns false when the partition has got another owner in the meantime
 */
export const commit = async (pool: pg.Pool, topic: Topic, group: string, member: string, partition: number, next: bigint): Promise<boolean> => {
  const { rowCount } = await pool.query({
    name: 'usage-stream-commit',
    text: `UPDATE usage_stream.progress SET committed = $5::bigint
           WHERE topic_id = $1 AND group_name = $2 AND partition = $3 AND owner = $4::uuid AND committed <= $5::bigint`,
    values: [topic.id, group, partition, member, next.toString()],
  });
  return rowCount === 1;
};

/** Deletes what every group has committed and what is old enough, a bounded number at a time. @returns how many */
export const deleteConsumed = async (pool: pg.Pool, topic: Topic, retentionMs: number, limit: number): Promise<number> => {
  const { rows } = await pool.query<{ deleted: number }>('SELECT usage_stream.delete_consumed($1, $2, $3) AS deleted', [topic.id, retentionMs, limit]);
  return rows[0]!.deleted;
};
