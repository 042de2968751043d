import { Injectable } from '@nestjs/common';
import { InternalCallError, InternalClient } from '@llm-proxy/platform-http';
import { type UsageReportQuery, type UsageReportRow, usageReportSchema } from '@llm-proxy/usage-schema';
import { AccountsError } from '../accounts.errors.js';
import { Database } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';
import { ProjectsStore } from '../projects/projects.store.js';
import { type RowNames, toUsageRow } from './usage-row.js';

/** Asks billing, and puts names to what it answers. */
@Injectable()
export class UsageReports {
  constructor(
    private readonly billing: InternalClient,
    private readonly projects: ProjectsStore,
    private readonly database: Database,
  ) {}

  /** @throws AccountsError `report_unavailable` when billing is away, `report_failed` when its answer is of no use */
  async run(query: UsageReportQuery) {
    const rows = await this.ask(query);
    const names = await this.namesFor(rows);
    return { usage: rows.map((row) => toUsageRow(row, names)) };
  }

  private async ask(query: UsageReportQuery): Promise<UsageReportRow[]> {
    const answer = await this.billing.call<unknown>('POST', '/internal/usage-report', query).catch((cause: unknown) => {
      const away = cause instanceof InternalCallError && (cause.status === null || cause.status === 503);
      throw new AccountsError(away ? 'report_unavailable' : 'report_failed', undefined, { cause });
    });
    const report = usageReportSchema.safeParse(answer);
    if (report.success) return report.data.rows;
    throw new AccountsError('report_failed', undefined, { cause: report.error });
  }

  private async namesFor(rows: UsageReportRow[]): Promise<RowNames> {
    const userIds = [...new Set(rows.map((row) => row.user))].filter((id) => typeof id === 'string').filter(isUuid);
    const [projects, users, accounts] = await Promise.all([
      this.projects.namesOf([...new Set(rows.map((row) => row.projectId))]),
      userIds.length === 0 ? [] : this.database.user.findMany({ where: { id: { in: userIds } }, select: { id: true, email: true } }),
      userIds.length === 0 ? [] : this.database.serviceAccount.findMany({ where: { id: { in: userIds } }, select: { id: true, name: true } }),
    ]);
    return { projects, users: new Map([...users.map(({ id, email }) => [id, email] as const), ...accounts.map(({ id, name }) => [id, name] as const)]) };
  }
}
