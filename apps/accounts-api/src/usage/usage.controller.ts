import { Controller, Get, Param } from '@nestjs/common';
import type { z } from 'zod';
import { AskedBy, type Caller } from '../access/caller.js';
import { Answers, Refuses } from '../http/answers.js';
import { ParsedQuery } from '../http/parse-with.js';
import { ProjectsStore } from '../projects/projects.store.js';
import { onlyOwn } from './own-usage.js';
import { requestCostAnswerSchema, unpricedSchema, usageSchema } from './usage-answers.schema.js';
import { UsageReports } from './usage-reports.js';
import { allUsageQuerySchema, ownUsageQuerySchema, toReportQuery, unpricedQuerySchema, type UsageQuery, usageQuerySchema } from './usage.schema.js';

@Controller('accounts')
export class UsageController {
  constructor(
    private readonly reports: UsageReports,
    private readonly projects: ProjectsStore,
  ) {}

  @Get('projects/:projectId/usage')
  @Answers(usageSchema)
  @Refuses('report_failed', 'report_unavailable')
  async ofProject(@Param('projectId') projectId: string, @ParsedQuery(usageQuerySchema) query: UsageQuery) {
    const { id } = await this.projects.get(projectId);
    return this.reports.run(toReportQuery(id, query));
  }

  @Get('projects/:projectId/llm-proxy/usage')
  @Answers(usageSchema)
  @Refuses('report_failed', 'report_unavailable')
  async own(@AskedBy() caller: Caller, @Param('projectId') projectId: string, @ParsedQuery(ownUsageQuerySchema) query: z.infer<typeof ownUsageQuerySchema>) {
    const { id } = await this.projects.get(projectId);
    return this.reports.run(onlyOwn(toReportQuery(id, query as UsageQuery), caller));
  }

  @Get('projects/:projectId/requests/:requestId')
  @Answers(requestCostAnswerSchema)
  @Refuses('request_not_found', 'report_failed', 'report_unavailable')
  async cost(@Param('projectId') projectId: string, @Param('requestId') requestId: string) {
    const { id } = await this.projects.get(projectId);
    return { request: await this.reports.costOf(id, requestId.toLowerCase()) };
  }

  @Get('sysadmin/unpriced')
  @Answers(unpricedSchema)
  @Refuses('report_failed', 'report_unavailable')
  unpriced(@ParsedQuery(unpricedQuerySchema) { project_id, start, end }: z.infer<typeof unpricedQuerySchema>) {
    return this.reports.unpriced({ projectId: project_id, start, end });
  }

  @Get('sysadmin/usage')
  @Answers(usageSchema)
  @Refuses('report_failed', 'report_unavailable')
  all(@ParsedQuery(allUsageQuerySchema) query: z.infer<typeof allUsageQuerySchema>) {
    return this.reports.run(toReportQuery(query.project_id ?? null, query));
  }
}
