import { isPostgresAway } from '@llm-proxy/platform-postgres';

/** What a Redis server answers while it cannot serve: loading its data, failing over, without its replicas, inside a long script. */
const REDIS_REPLY = /^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|NOREPLICAS|BUSY)\b/;
const REDIS_CLIENT = /^(Connection is closed|Stream isn't writeable|Command timed out|Failed to refresh slots cache)/;
const REDIS_NAMES = new Set(['MaxRetriesPerRequestError', 'ClusterAllFailedError']);

const KAFKA_NAMES = new Set(['KafkaJSNumberOfRetriesExceeded', 'KafkaJSTimeout', 'KafkaJSLockTimeout']);

const MAX_DEPTH = 5;

/**
 * True when an engine is away or busy, so that the same work may succeed later; false when the work itself is at fault.
 * An error may say it itself with a boolean `transient`; else PostgreSQL, Redis and Kafka errors are known, also as the cause of another error.
 */
export const isTransient = (error: unknown, depth = 0): boolean => {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return false;
  const { transient, cause, errors } = error as Record<string, unknown>;
  if (typeof transient === 'boolean') return transient;
  if (isPostgresAway(error) || isRedisAway(error) || isKafkaAway(error)) return true;
  const inner: unknown[] = [cause, ...(Array.isArray(errors) ? errors : [])];
  return inner.some((one) => isTransient(one, depth + 1));
};

const isRedisAway = (error: object): boolean => {
  const { name, message } = error as Record<string, unknown>;
  if (typeof name === 'string' && REDIS_NAMES.has(name)) return true;
  return typeof message === 'string' && (REDIS_CLIENT.test(message) || (name === 'ReplyError' && REDIS_REPLY.test(message)));
};

const isKafkaAway = (error: object): boolean => {
  const { name, retriable } = error as Record<string, unknown>;
  return typeof name === 'string' && name.startsWith('KafkaJS') && (retriable === true || KAFKA_NAMES.has(name));
};
