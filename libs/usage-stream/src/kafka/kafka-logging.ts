import type { Logger } from '@llm-proxy/platform-logging';
import kafkajs, { type LogEntry, type logCreator } from 'kafkajs';

/** Failures of single requests and connections, which reach their caller as an error, and steps of every start and restart. */
const EXPECTED =
  /^(Response|Request) |Connection (error|timeout)|Closed connection|disconnect|Failed to (connect|send)|Restarting|rebalanc|not aware of this member|coordinator|no leader|does not host this topic-partition|retries for the idempotent producer/i;

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
