import { SealError, type SealedFor, type SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { type Database, Prisma } from '../database/database.js';

/** A column of sealed values. `id`, `projectId` and `name` are SQL, of this file alone. */
export interface SealedColumn {
  what: string;
  table: string;
  column: string;
  id: string;
  projectId: string;
  /** What `field` is made of. */
  name: string;
  field: (name: string) => string;
}

/** Every place of the database where something is sealed. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { what: 'API keys', table: 'api_keys', column: 'sealed_secret', id: 'id::text', projectId: 'project_id::text', name: 'id::text', field: sealedFields.apiKeySecret },
  { what: 'provider keys', table: 'integrations', column: 'sealed_api_key', id: "project_id || ' ' || provider", projectId: 'project_id::text', name: 'provider', field: sealedFields.integration },
  { what: 'settings', table: 'settings_documents', column: 'sealed_secrets', id: "project_id || ' ' || name", projectId: 'project_id::text', name: 'name', field: sealedFields.settings },
  { what: 'OAuth clients', table: 'oauth_clients', column: 'sealed_secret', id: 'client_id', projectId: "coalesce(project_id::text, '')", name: 'client_id', field: sealedFields.oauthClientSecret },
  { what: 'OAuth signing keys', table: 'oauth_signing_keys', column: 'sealed_private', id: 'key_id', projectId: "''", name: 'key_id', field: sealedFields.oauthSigningKey },
  { what: 'OAuth sessions and grants', table: 'oauth_artifacts', column: 'sealed', id: 'key', projectId: "''", name: 'key', field: sealedFields.oauthArtifact },
];

const BATCH = 500;

export interface Resealed {
  what: string;
  resealed: number;
  /** Sealed with a key that is not configured, or damaged: left as they are. */
  unreadable: number;
}

interface Row {
  id: string;
  projectId: string;
  name: string;
  sealed: string;
}

/**
 * Seals anew, with the current key, everything that an earlier key sealed. Services may run meanwhile: a value that changes under way is left to
 * whoever changed it. Can be run again at any time, and goes on where it ended.
 */
export const reseal = async (database: Database, box: SecretBox): Promise<Resealed[]> => {
  const results: Resealed[] = [];
  for (const column of SEALED_COLUMNS) results.push(await resealColumn(database, box, column));
  return results;
};

const resealColumn = async (database: Database, box: SecretBox, column: SealedColumn): Promise<Resealed> => {
  const result = { what: column.what, resealed: 0, unreadable: 0 };
  for (let after = ''; ; ) {
    const rows = await olderRows(database, box, column, after);
    const anew = rows.map((row) => ({ ...row, anew: sealedAnew(box, row.sealed, { projectId: row.projectId, field: column.field(row.name) }) }));
    const readable = anew.filter((row): row is Row & { anew: string } => row.anew !== null);
    result.unreadable += rows.length - readable.length;
    result.resealed += await replace(database, column, readable);
    if (rows.length < BATCH) return result;
    after = rows.at(-1)!.id;
  }
};

const olderRows = (database: Database, box: SecretBox, { table, column, id, projectId, name }: SealedColumn, after: string): Promise<Row[]> => {
  const [idSql, columnSql] = [Prisma.raw(`(${id}) COLLATE "C"`), Prisma.raw(column)];
  return database.$queryRaw<Row[]>`
    SELECT ${idSql} AS id, ${Prisma.raw(projectId)} AS "projectId", ${Prisma.raw(name)} AS name, ${columnSql} AS sealed
    FROM ${Prisma.raw(`accounts.${table}`)}
    WHERE ${idSql} > ${after} AND NOT starts_with(${columnSql}, ${box.currentPrefix})
    ORDER BY ${idSql} LIMIT ${BATCH}`;
};

const sealedAnew = (box: SecretBox, sealed: string, owner: SealedFor): string | null => {
  try {
    return box.seal(box.open(sealed, owner), owner);
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
};

const replace = (database: Database, { table, column, id }: SealedColumn, rows: readonly (Row & { anew: string })[]): Promise<number> => {
  const [ids, before, anew] = [rows.map((row) => row.id), rows.map((row) => row.sealed), rows.map((row) => row.anew)];
  return database.$executeRaw`
    UPDATE ${Prisma.raw(`accounts.${table}`)} SET ${Prisma.raw(column)} = changed.anew
    FROM unnest(${ids}::text[], ${before}::text[], ${anew}::text[]) AS changed (changed_id, before, anew)
    WHERE ${Prisma.raw(id)} = changed.changed_id AND ${Prisma.raw(column)} = changed.before`;
};
