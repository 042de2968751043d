import { applyMigrations } from '@llm-proxy/platform-postgres';
import type pg from 'pg';

/** A topic as the tables know it. */
export interface Topic {
  id: number;
  partitions: number;
}

const SCHEMA = 'usage_stream';
const MIGRATIONS = new URL('../../migrations/', import.meta.url);

/** Makes or updates the tables. Safe when several processes do it at once. */
export const migrate = async (databaseUrl: string): Promise<void> => {
  await applyMigrations({ databaseUrl, schema: SCHEMA, directory: MIGRATIONS });
};

/** Makes the topics that are missing. A topic that exists keeps its number of partitions, which decides where its keys go. */
export const createTopics = async (pool: pg.Pool, names: readonly string[], partitions: number): Promise<void> => {
  await pool.query(
    `WITH made AS (
       INSERT INTO usage_stream.topics (name, partitions) SELECT name, $2 FROM unnest($1::text[]) AS t (name) ORDER BY name
       ON CONFLICT (name) DO NOTHING RETURNING id, partitions
     )
     INSERT INTO usage_stream.partitions (topic_id, partition) SELECT made.id, p FROM made, generate_series(0, made.partitions - 1) AS p`,
    [names, partitions],
  );
};

/** @throws when no process has connected to the topic yet */
export const findTopic = async (pool: pg.Pool, name: string): Promise<Topic> => {
  const { rows } = await pool.query<Topic>('SELECT id, partitions FROM usage_stream.topics WHERE name = $1', [name]);
  if (rows[0] === undefined) throw new Error(`There is no topic ${name}.`);
  return rows[0];
};
