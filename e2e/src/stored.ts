import { randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { createLogger } from '@llm-proxy/platform-logging';
import { createUsageStream } from '@llm-proxy/usage-stream';
import pg from 'pg';
import { until } from './until.js';

/** Every row of every table of the deployment, one a line. Bytes are shown in hex, as PostgreSQL does. */
export const everyRow = async (databaseUrl: string): Promise<string> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT whole::text AS row FROM ${name} AS whole`);
      texts.push(rows.map(({ row }) => `${name} ${row}`).join('\n'));
    }
    return texts.join('\n');
  } finally {
    await client.end();
  }
};

/**
 * Every message of the project on the topics, which deployments share in a test run, and every message that was set aside.
 * @param atLeast messages of the project that each topic must hold
 */
export const everyMessage = async (brokers: string[], { topicPrefix, projectId, topics, atLeast }: { topicPrefix: string | undefined; projectId: string; topics: string[]; atLeast: number }): Promise<string> => {
  const stream = createUsageStream({ kafkaBrokers: brokers, kafkaTopicPrefix: topicPrefix, clientId: 'canary', logger: createLogger('canary', 'silent') });
  const texts: string[] = [];
  const seen = new Map(topics.map((topic) => [topic, 0]));
  try {
    await stream.connect(topics);
    for (const topic of topics) {
      const handler = async (batch: { key: string; id: string; value: Buffer }[]): Promise<void> => {
        const ours = batch.filter(({ key }) => key === projectId);
        texts.push(ours.map(({ key, id, value }) => `${topic} ${key} ${id} ${value}`).join('\n'));
        seen.set(topic, seen.get(topic)! + ours.length);
      };
      await stream.subscribe({ topic, group: `canary-${randomUUID()}`, handler });
      texts.push((await stream.listSetAside(topic)).map((record) => `${topic} set aside: ${record.reason} ${record.value}`).join('\n'));
    }
    await until(() => [...seen.values()].every((count) => count >= atLeast));
  } finally {
    await stream.close();
  }
  return texts.join('\n');
};

/** The files below a folder, as Latin-1 text, so that no byte is lost. */
export const everyFile = async (folder: string, isWanted: (file: string) => boolean): Promise<string> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name)).filter(isWanted);
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
};
