import type pg from 'pg';
import type { SetAside, SetAsideRecord } from '../port.js';
import { append } from './log.js';
import { findTopic, type Topic } from './topics.js';
import { inTransaction } from './with-client.js';

/** Keeps what no retry helps. The same message of the same group is kept once, with the last reason. */
export const storeSetAsides = async (pool: pg.Pool, topic: Topic, group: string, setAsides: readonly SetAside[]): Promise<void> => {
  const list = [...new Map(setAsides.map((one) => [`${one.message.partition}/${one.message.offset}`, one])).values()];
  const messages = list.map(({ message }) => message);
  await pool.query(
    `INSERT INTO usage_stream.set_aside (topic_id, group_name, partition, "offset", id, key, value, reason)
     SELECT $1, $2, s.* FROM unnest($3::integer[], $4::bigint[], $5::text[], $6::text[], $7::bytea[], $8::text[]) AS s
     ON CONFLICT (topic_id, group_name, partition, "offset") DO UPDATE SET reason = excluded.reason`,
    [
      topic.id,
      group,
      messages.map(({ partition }) => partition),
      messages.map(({ offset }) => offset),
      messages.map(({ id }) => id),
      messages.map(({ key }) => key),
      messages.map(({ value }) => value),
      list.map(({ reason }) => withoutNul(reason)),
    ],
  );
};

export const listSetAside = async (pool: pg.Pool, name: string): Promise<SetAsideRecord[]> => {
  const topic = await findTopic(pool, name);
  const { rows } = await pool.query<SetAsideRecord>(
    `SELECT id, $2::text AS topic, group_name AS "group", key, value, reason, set_aside_at AS "setAsideAt"
     FROM usage_stream.set_aside WHERE topic_id = $1 ORDER BY set_aside_at, partition, "offset"`,
    [topic.id, name],
  );
  return rows;
};

/** Publishes and forgets in one transaction. A message that two groups set aside is published once. @returns how many were published */
export const replaySetAside = async (pool: pg.Pool, name: string, ids: readonly string[] | undefined): Promise<number> => {
  const topic = await findTopic(pool, name);
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string; key: string; value: Buffer; set_aside_at: Date }>(
      'DELETE FROM usage_stream.set_aside WHERE topic_id = $1 AND ($2::text[] IS NULL OR id = ANY ($2::text[])) RETURNING id, key, value, set_aside_at',
      [topic.id, ids ?? null],
    );
    rows.sort((left, right) => left.set_aside_at.getTime() - right.set_aside_at.getTime());
    const messages = [...new Map(rows.map((row) => [row.id, row])).values()];
    if (messages.length > 0) await append(client, topic, messages);
    return messages.length;
  });
};

/** PostgreSQL text cannot hold it, and an error message may quote bytes that do. */
const withoutNul = (text: string): string => text.replaceAll('\u0000', '\uFFFD');
