import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { AccountsError } from '../accounts.errors.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, AnswersNever, Refuses } from '../http/answers.js';
import { ParsedBody } from '../http/parse-with.js';
import { ProjectsStore } from '../projects/projects.store.js';
import { balanceSchema, checkoutSchema, creditsSchema, rechargeSchema, subscriptionSchema, transactionsSchema } from './billing.schema.js';

/** What there is to say about money as long as projects neither hold credit nor pay: nothing, in the shapes that clients read; and whoever wants to pay is told. */
@Controller('accounts/projects/:projectId')
export class BillingController {
  constructor(private readonly projects: ProjectsStore) {}

  @Get('balance')
  @Answers(balanceSchema)
  async balance(@Param('projectId') projectId: string) {
    await this.projects.get(projectId);
    return {
      balance: 0,
      auto_recharge_threshold: null,
      auto_recharge_amount: null,
      last_recharge: null,
      monthly_budget: null,
      auto_recharge_paused: false,
      auto_recharged_this_month: null,
    };
  }

  @Get('transactions')
  @Answers(transactionsSchema)
  async transactions(@Param('projectId') projectId: string) {
    await this.projects.get(projectId);
    return { transactions: [] };
  }

  @Get('subscription')
  @Answers(subscriptionSchema)
  async subscription(@Param('projectId') projectId: string) {
    await this.projects.get(projectId);
    return { subscription: null };
  }

  /** Switching it off is what it is already; it cannot be switched on. */
  @Post('recharge')
  @HttpCode(200)
  @Answers(okSchema)
  @Refuses('no_payments')
  async recharge(@Param('projectId') projectId: string, @ParsedBody(rechargeSchema) { enabled }: z.infer<typeof rechargeSchema>) {
    await this.projects.get(projectId);
    if (enabled) throw new AccountsError('no_payments');
    return OK;
  }

  @Post('credits')
  @AnswersNever()
  @Refuses('no_payments')
  async buyCredits(@Param('projectId') projectId: string, @ParsedBody(creditsSchema) _credits: z.infer<typeof creditsSchema>): Promise<never> {
    return this.refuse(projectId);
  }

  @Post('subscription')
  @AnswersNever()
  @Refuses('no_payments')
  async subscribe(@Param('projectId') projectId: string, @ParsedBody(checkoutSchema) _checkout: z.infer<typeof checkoutSchema>): Promise<never> {
    return this.refuse(projectId);
  }

  private async refuse(projectId: string): Promise<never> {
    await this.projects.get(projectId);
    throw new AccountsError('no_payments');
  }
}
