import { ServiceCredentialGuard } from '@llm-proxy/platform-http';
import { usageReportQuerySchema, type UsageReport } from '@llm-proxy/usage-schema';
import { BadRequestException, Body, Controller, HttpCode, Inject, Post, UnprocessableEntityException, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { READING, type Database } from '../database/database.js';
import { toQuestion } from './report-question.js';
import { ReportTooLargeError } from './report.errors.js';
import { usageReport } from './usage-report.js';

@Controller('internal/usage-report')
@UseGuards(ServiceCredentialGuard)
export class ReportController {
  constructor(@Inject(READING) private readonly database: Database) {}

  @Post()
  @HttpCode(200)
  async report(@Body() body: unknown): Promise<UsageReport> {
    const query = usageReportQuerySchema.safeParse(body);
    if (!query.success) throw new BadRequestException(z.prettifyError(query.error));
    try {
      return await usageReport(this.database, toQuestion(query.data));
    } catch (error) {
      throw error instanceof ReportTooLargeError ? new UnprocessableEntityException(error.message) : error;
    }
  }
}
