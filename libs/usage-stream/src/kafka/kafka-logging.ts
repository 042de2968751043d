import type { Logger } from '@llm-proxy/platform-logging';
import kafkajs, { type LogEntry, type logCreator } from 'kafkajs';

/** Reported by this adapter itself, once when it begins and once when it ends, or part of every start of a group or a topic. */
const EXPECTED =
  /Connection error|Connection timeout|Failed to connect to seed broker|Failed to send messages|group coordinator is not available|coordinator is loading|rebalanc|not aware of this member|does not host this topic-partition|Limiting retries for the idempotent producer|no leader for this topic-partition|disconnected|The producer is disconnecting|Closed connection|Restarting the consumer|Response (Fetch|Heartbeat|Metadata|OffsetFetch|FindCoordinator|GroupCoordinator|JoinGroup|SyncGroup|CreateTopics|InitProducerId)/i;

/**
 * kafkajs logs each retry as an error. Everything it retries ends in a result that the adapter handles, so its errors are
 * warnings here, the expected ones and the chatter are debug.
 */
export const kafkaLogCreator =
  (logger: Logger): logCreator =>
  () =>
  ({ level, namespace, log }: LogEntry) => {
    const { message, timestamp: _timestamp, logger: _name, ...details } = log;
    const record = { kafkajs: namespace, ...details };
    if (level === kafkajs.logLevel.ERROR && !EXPECTED.test(message)) logger.warn(record, message);
    else logger.debug(record, message);
  };
