import { Controller, Get, Param } from '@nestjs/common';
import type { z } from 'zod';
import { Answers } from '../http/answers.js';
import { continuationOf } from '../http/paging.schema.js';
import { ParsedQuery } from '../http/parse-with.js';
import { auditLogSchema, type AuditQuery, auditQuerySchema, deploymentAuditQuerySchema, toAuditEntry } from './audit.schema.js';
import { AuditStore } from './audit.store.js';

@Controller('accounts')
export class AuditController {
  constructor(private readonly audit: AuditStore) {}

  @Get('projects/:projectId/audit')
  @Answers(auditLogSchema)
  ofProject(@Param('projectId') projectId: string, @ParsedQuery(auditQuerySchema) query: AuditQuery) {
    return this.page(projectId, query);
  }

  /** The operator's: all of it, users among it, which belong to no project. */
  @Get('sysadmin/audit')
  @Answers(auditLogSchema)
  ofDeployment(@ParsedQuery(deploymentAuditQuerySchema) { project_id, ...query }: z.infer<typeof deploymentAuditQuerySchema>) {
    return this.page(project_id ?? null, query);
  }

  private async page(projectId: string | null, query: AuditQuery) {
    const { entries, total } = await this.audit.list(projectId, query);
    return { entries: entries.map(toAuditEntry), total, continuation_token: continuationOf(query, entries.length, total) };
  }
}
