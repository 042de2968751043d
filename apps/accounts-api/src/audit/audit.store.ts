import { Injectable } from '@nestjs/common';
import { Database, type Prisma } from '../database/database.js';
import type { AuditEntry } from '../generated/client.js';
import type { AuditQuery } from './audit.schema.js';

@Injectable()
export class AuditStore {
  constructor(private readonly database: Database) {}

  /** Newest first. @param projectId null: of the whole deployment */
  async list(projectId: string | null, { take, skip, start, end, action, actor, target }: AuditQuery): Promise<{ entries: AuditEntry[]; total: number }> {
    const where: Prisma.AuditEntryWhereInput = {
      ...(projectId !== null && { projectId }),
      ...((start ?? end) && { at: { ...(start && { gte: start }), ...(end && { lt: end }) } }),
      ...(action !== undefined && { action }),
      ...(actor !== undefined && { OR: [{ actorId: actor }, { actorName: actor }] }),
      ...(target !== undefined && { AND: { OR: [{ targetId: target }, { targetName: target }] } }),
    };
    const [entries, total] = await Promise.all([
      this.database.auditEntry.findMany({ where, orderBy: { id: 'desc' }, take, skip }),
      this.database.auditEntry.count({ where }),
    ]);
    return { entries, total };
  }
}
