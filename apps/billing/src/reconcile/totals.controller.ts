import { ServiceCredentialGuard } from '@llm-proxy/platform-http';
import { BadRequestException, Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { READING, type Database } from '../database/database.js';
import { compareTotals, type Difference } from './compare-totals.js';

const questionSchema = z.object({ projectId: z.uuid(), from: z.iso.date().optional(), to: z.iso.date().optional() });

/** Proves that a project's totals are the sums of its lines. */
@Controller('internal/projects/:projectId/totals-check')
@UseGuards(ServiceCredentialGuard)
export class TotalsController {
  constructor(@Inject(READING) private readonly database: Database) {}

  @Get()
  async check(@Param('projectId') projectId: string, @Query() query: Record<string, unknown>): Promise<{ ok: boolean; differences: Difference[] }> {
    const question = questionSchema.safeParse({ ...query, projectId });
    if (!question.success) throw new BadRequestException(z.prettifyError(question.error));
    const differences = await compareTotals(this.database, question.data);
    return { ok: differences.length === 0, differences };
  }
}
