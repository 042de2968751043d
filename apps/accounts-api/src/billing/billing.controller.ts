import { Controller, Get, Param } from '@nestjs/common';
import { ProjectsStore } from '../projects/projects.store.js';

/** What there is to say about money as long as projects neither hold credit nor pay: nothing, in the shapes that clients read. */
@Controller('accounts/projects/:projectId')
export class BillingController {
  constructor(private readonly projects: ProjectsStore) {}

  @Get('balance')
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
  async transactions(@Param('projectId') projectId: string) {
    await this.projects.get(projectId);
    return { transactions: [] };
  }

  @Get('subscription')
  async subscription(@Param('projectId') projectId: string) {
    await this.projects.get(projectId);
    return { subscription: null };
  }
}
