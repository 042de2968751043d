/** Socket errors that mean "nobody there, or no longer". */
const SOCKET_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);

/** SQLSTATE classes of a server that cannot serve right now: connection, resources, operator intervention, serialisation. */
const SQLSTATE = /^(08|53|57P|40001|40P01|55P03|57014)/;

/** Prisma: cannot reach, timed out, closed connection, pool timeout. */
const PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037']);

/** What Prisma's driver adapters call it, in the `kind` of their errors. */
const ADAPTER_KINDS = new Set(['ConnectionClosed', 'SocketTimeout', 'TooManyConnections', 'DatabaseNotReachable', 'TransactionWriteConflict']);

const MESSAGES = /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Can't reach database server|Query read timeout/i;

/**
 * True when PostgreSQL is away or too busy, so that the same work may succeed later; false when the work itself is wrong.
 * Looks through causes, and through Prisma's wrapping of the driver's error.
 */
export const isPostgresAway = (error: unknown, depth = 0): boolean => {
  if (typeof error !== 'object' || error === null || depth > 5) return false;
  const { code, originalCode, kind, message, cause, meta, errors } = error as Record<string, unknown>;
  const codes = [code, originalCode].filter((value): value is string => typeof value === 'string');
  if (codes.some((value) => SOCKET_CODES.has(value) || SQLSTATE.test(value) || PRISMA.has(value))) return true;
  if (typeof kind === 'string' && ADAPTER_KINDS.has(kind)) return true;
  if (typeof message === 'string' && MESSAGES.test(message)) return true;
  const inner = [cause, (meta as Record<string, unknown> | undefined)?.['driverAdapterError'], ...(Array.isArray(errors) ? errors : [])];
  return inner.some((value) => isPostgresAway(value, depth + 1));
};
