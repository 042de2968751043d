import { isPostgresAway } from '@llm-proxy/platform-postgres';
import { Prisma } from '../generated/client.js';

/** PostgreSQL does not answer, or not properly. The same work may succeed later. */
export class DatabaseAwayError extends Error {
  override readonly name = 'DatabaseAwayError';
  /** Tells the usage stream to keep the batch and try again. */
  readonly transient = true;
}

/** SQLSTATE classes of a statement whose values are wrong: data exception, integrity violation. */
const CONTENT = /^2[23]/;

/**
 * False when values are at fault or the error is not PostgreSQL's at all. Everything else, also a missing table or right, is about the
 * server and its set-up: setting events aside for it would empty the stream into the set-aside list.
 */
export const isDatabaseAway = (error: unknown): boolean => {
  if (isPostgresAway(error)) return true;
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return error instanceof Prisma.PrismaClientInitializationError;
  const sqlState = sqlStateOf(error);
  return sqlState === undefined || !CONTENT.test(sqlState);
};

/** Absent when the connection was lost before PostgreSQL could say anything. */
const sqlStateOf = ({ meta }: Prisma.PrismaClientKnownRequestError): string | undefined => {
  const driverError = meta?.['driverAdapterError'] as { cause?: { originalCode?: string } } | undefined;
  return driverError?.cause?.originalCode;
};

/** @throws DatabaseAwayError in place of what the work threw because PostgreSQL is away; other errors as they are */
export const orDatabaseAway = async <Result>(work: Promise<Result>): Promise<Result> => {
  try {
    return await work;
  } catch (error) {
    throw isDatabaseAway(error) ? new DatabaseAwayError(`PostgreSQL: ${(error as Error).message.trim()}`, { cause: error }) : error;
  }
};
