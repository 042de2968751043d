import { Controller, Get, Param } from '@nestjs/common';
import { continuationOf } from '../http/paging.schema.js';
import { ParsedQuery } from '../http/parse-with.js';
import { type AuditQuery, auditQuerySchema, toAuditEntry } from './audit.schema.js';
import { AuditStore } from './audit.store.js';

@Controller('accounts/projects/:projectId/audit')
export class AuditController {
  constructor(private readonly audit: AuditStore) {}

  @Get()
  async list(@Param('projectId') projectId: string, @ParsedQuery(auditQuerySchema) query: AuditQuery) {
    const { entries, total } = await this.audit.list(projectId, query);
    return { entries: entries.map(toAuditEntry), total, continuation_token: continuationOf(query, entries.length, total) };
  }
}
