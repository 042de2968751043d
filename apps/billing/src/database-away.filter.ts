import { type ArgumentsHost, Catch, ServiceUnavailableException } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { isDatabaseAway } from './database/database-away.js';

/** 503 instead of 500 when PostgreSQL is away or a report takes too long: asking again may help. */
@Catch()
export class DatabaseAwayFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    super.catch(isDatabaseAway(error) ? new ServiceUnavailableException('The billing database is away or too slow.') : error, host);
  }
}
