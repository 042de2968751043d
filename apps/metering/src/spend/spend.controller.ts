import type { SpendCounters } from '@llm-proxy/budgets';
import { ServiceCredentialGuard } from '@llm-proxy/platform-http';
import { BadRequestException, Controller, Get, Inject, Param, Query, ServiceUnavailableException, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { scopeOf, spendQuestionSchema, windowOf } from './spend.schema.js';

export const SPEND_COUNTERS = Symbol('SPEND_COUNTERS');

/** What a project, or one user, participant, room or key in it, has spent in the day or month. */
@Controller('internal/projects/:projectId/spend')
@UseGuards(ServiceCredentialGuard)
export class SpendController {
  constructor(@Inject(SPEND_COUNTERS) private readonly counters: SpendCounters) {}

  @Get()
  async spend(@Param('projectId') projectId: string, @Query() query: Record<string, unknown>): Promise<{ amountNanoUsd: string }> {
    const question = spendQuestionSchema.safeParse({ ...query, projectId });
    if (!question.success) throw new BadRequestException(z.prettifyError(question.error));
    const amount = await this.counters
      .read(projectId, { scope: scopeOf(question.data), window: windowOf(question.data, new Date()) })
      .catch((cause: unknown) => Promise.reject(new ServiceUnavailableException('The spend counters are away.', { cause })));
    return { amountNanoUsd: String(amount) };
  }
}
