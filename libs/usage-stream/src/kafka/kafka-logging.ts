import type { Logger } from '@llm-proxy/platform-logging';
import kafkajs, { type LogEntry, type logCreator } from 'kafkajs';

const CONNECTION = /Connection (error|timeout)|Failed to connect/i;

/** Failures of single requests, which reach their caller as an error, and steps of every start and restart. */
const EXPECTED =
  /^(Response|Request) |Closed connection|disconnect|Failed to send|Restarting|rebalanc|not aware of this member|coordinator|no leader|does not host this topic-partition|retries for the idempotent producer/i;

/** Of connections that this adapter ended itself. */
const ENDED = /the client was aborted/;

const CONNECTION_EVERY_MS = 60_000;

/**
 * kafkajs logs each retry as an error. Everything it retries ends in a result that the adapter handles, so its errors are
 * warnings here, the expected ones and the chatter are debug, and failing connections are one warning a minute.
 */
export const kafkaLogCreator = (logger: Logger): logCreator => {
  const creator = creators.get(logger) ?? createLogCreator(logger);
  creators.set(logger, creator);
  return creator;
};

/** One for all clients of a process, so that the limit holds over the clients that come and go during an outage. */
const creators = new WeakMap<Logger, logCreator>();

const createLogCreator = (logger: Logger): logCreator => {
  let connectionAt = 0;
  const isNews = (message: string): boolean => {
    if (ENDED.test(message)) return false;
    if (!CONNECTION.test(message)) return !EXPECTED.test(message);
    const due = Date.now() - connectionAt >= CONNECTION_EVERY_MS;
    if (due) connectionAt = Date.now();
    return due;
  };
  return () =>
    ({ level, namespace, log }: LogEntry) => {
      const { message, timestamp: _timestamp, logger: _name, ...details } = log;
      const record = { kafkajs: namespace, ...details };
      if (level === kafkajs.logLevel.ERROR && isNews(message)) logger.warn(record, message);
      else logger.debug(record, message);
    };
};
