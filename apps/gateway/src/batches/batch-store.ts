import { applyMigrations, createPool } from '@llm-proxy/platform-postgres';
import type { Attribution, UsageData } from '@llm-proxy/usage-schema';

/** A batch that was created through the gateway. */
export interface Batch {
  provider: string;
  id: string;
  projectId: string;
  /** Who pays the provider. */
  providerKey: UsageData['providerKey'];
  /** That its requests named, each once. */
  models: string[];
  /** Of the call that created it; its results are charged to the same, whoever fetches them. */
  attribution: Attribution;
  createdAt: Date;
  isSettled: boolean;
}

export type NewBatch = Omit<Batch, 'createdAt' | 'isSettled'>;

/** Remembers batches over restarts, for all gateways of a deployment. */
export interface BatchStore {
  /** A batch that is known stays as it is. */
  add(batch: NewBatch, lookAgainInMs: number): Promise<void>;
  find(provider: string, id: string): Promise<Batch | null>;
  /** Those of the ids that are the project's. */
  ownedBy(projectId: string, provider: string, ids: readonly string[]): Promise<Set<string>>;
  /** Unsettled ones whose time has come; no other gateway gets them until `lookAgainInMs` has passed. */
  takeDue(max: number, lookAgainInMs: number): Promise<Batch[]>;
  settle(provider: string, id: string): Promise<void>;
  close(): Promise<void>;
}

interface Row {
  provider: string;
  batch_id: string;
  project_id: string;
  provider_key: UsageData['providerKey'];
  models: string[];
  attribution: Attribution;
  created_at: Date;
  settled_at: Date | null;
}

const SCHEMA = 'gateway';
const MIGRATIONS = new URL('../../migrations/', import.meta.url);
/** It stands on the path of batch calls alone; those can wait a little, but not hang. */
const STATEMENT_TIMEOUT_MS = 5_000;
const CONNECTIONS = 4;

const toBatch = (row: Row): Batch => ({
  provider: row.provider,
  id: row.batch_id,
  projectId: row.project_id,
  providerKey: row.provider_key,
  models: row.models,
  attribution: row.attribution,
  createdAt: row.created_at,
  isSettled: row.settled_at !== null,
});

/** The tables are made on the first use, so that a gateway starts while PostgreSQL is away. */
export const createBatchStore = (databaseUrl: string): BatchStore => {
  const pool = createPool({ databaseUrl, applicationName: 'gateway-batches', maxConnections: CONNECTIONS, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  let migrated: Promise<unknown> | null = null;
  const ready = async () => {
    migrated ??= applyMigrations({ databaseUrl, schema: SCHEMA, directory: MIGRATIONS });
    try {
      await migrated;
    } catch (error) {
      migrated = null;
      throw error;
    }
  };
  const query = async <Result extends object>(sql: string, values: unknown[]): Promise<Result[]> => {
    await ready();
    return (await pool.query<Result>(sql, values)).rows;
  };
  return {
    add: async (batch, lookAgainInMs) => {
      await query(
        `INSERT INTO gateway.batches (provider, batch_id, project_id, provider_key, models, attribution, next_look_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 millisecond') ON CONFLICT DO NOTHING`,
        [batch.provider, batch.id, batch.projectId, batch.providerKey, batch.models, batch.attribution, lookAgainInMs],
      );
    },
    find: async (provider, id) => {
      const [row] = await query<Row>('SELECT * FROM gateway.batches WHERE provider = $1 AND batch_id = $2', [provider, id]);
      return row === undefined ? null : toBatch(row);
    },
    ownedBy: async (projectId, provider, ids) => {
      const rows = await query<Row>('SELECT batch_id FROM gateway.batches WHERE project_id = $1 AND provider = $2 AND batch_id = ANY ($3)', [projectId, provider, ids]);
      return new Set(rows.map((row) => row.batch_id));
    },
    takeDue: async (max, lookAgainInMs) => {
      const rows = await query<Row>(
        `UPDATE gateway.batches SET next_look_at = now() + $2 * interval '1 millisecond'
         WHERE (provider, batch_id) IN (
           SELECT provider, batch_id FROM gateway.batches WHERE settled_at IS NULL AND next_look_at <= now() ORDER BY next_look_at LIMIT $1 FOR UPDATE SKIP LOCKED
         ) RETURNING *`,
        [max, lookAgainInMs],
      );
      return rows.map(toBatch);
    },
    settle: async (provider, id) => {
      await query('UPDATE gateway.batches SET settled_at = now() WHERE provider = $1 AND batch_id = $2 AND settled_at IS NULL', [provider, id]);
    },
    close: () => pool.end(),
  };
};
