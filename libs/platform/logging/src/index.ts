import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Fields that may hold a credential, wherever they stand in a log record. */
const SECRET_PATHS = ['authorization', 'cookie', 'apiKey', 'api_key', 'secret', 'token', 'password'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);
const HEADER_PATHS = ['["x-api-key"]', '["proxy-authorization"]', '["set-cookie"]'].flatMap((name) => [name, `*${name}`, `*.*${name}`]);

/**
 * One JSON object a line on standard output.
 * @param service name of the process, on every line
 */
export const createLogger = (service: string, level: string = 'info', destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...SECRET_PATHS, ...HEADER_PATHS], censor: '***REDACTED***' },
    },
    destination ?? pino.destination({ sync: true }),
  );

/**
 * The same log without the search for credentials, which costs several times what writing a line costs. Only for records that are put
 * together field by field from what is known to be none.
 */
export const withoutRedaction = (logger: Logger): Logger => logger.child({}, { redact: [] });

/** Lets Nest write to the same log. Nest's start-up chatter is at level debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(contextOf(rest), String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error({ ...contextOf(rest), stack: rest.find((part) => typeof part === 'string' && part.includes('\n')) }, String(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(contextOf(rest), String(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(contextOf(rest), String(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace(contextOf(rest), String(message));
  }
}

const contextOf = (rest: unknown[]): { context?: string } => {
  const last = rest.at(-1);
  return typeof last === 'string' ? { context: last } : {};
};
