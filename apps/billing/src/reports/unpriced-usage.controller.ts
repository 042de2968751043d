import { ServiceCredentialGuard } from '@llm-proxy/platform-http';
import { unpricedUsageQuerySchema, type UnpricedUsageRow } from '@llm-proxy/usage-schema';
import { BadRequestException, Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { READING, type Database } from '../database/database.js';
import { unpricedUsage } from './unpriced-usage.js';

/** Usage that was free because the price table has a hole. */
@Controller('internal/unpriced-usage')
@UseGuards(ServiceCredentialGuard)
export class UnpricedUsageController {
  constructor(@Inject(READING) private readonly database: Database) {}

  @Get()
  async report(@Query() question: Record<string, unknown>): Promise<{ rows: UnpricedUsageRow[] }> {
    const query = unpricedUsageQuerySchema.safeParse(question);
    if (!query.success) throw new BadRequestException(z.prettifyError(query.error));
    return { rows: await unpricedUsage(this.database, query.data) };
  }
}
