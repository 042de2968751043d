/** The embedded PostgreSQL cannot be brought up here; the message says what to do about it. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

/** Every message about a machine that cannot run the embedded server ends with the way out. */
export const useOwnServer = 'Run your own PostgreSQL 16 or newer and set DATABASE_URL instead.';
