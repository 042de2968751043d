import { Injectable } from '@nestjs/common';
import { InternalCallError, InternalClient } from '@llm-proxy/platform-http';
import { type UnpricedUsageQuery, type UsageReportQuery, type UsageReportRow, recordedEventSchema, unpricedUsageSchema, usageReportSchema } from '@llm-proxy/usage-schema';
import type { z } from 'zod';
import { AccountsError, type AccountsErrorCode } from '../accounts.errors.js';
import { Database } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';
import { ProjectsStore } from '../projects/projects.store.js';
import { toRequestCost } from './request-cost.js';
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

  /**
   * One call of the project and what it cost.
   * @throws AccountsError `request_not_found` until billing has recorded it
   */
  async costOf(projectId: string, requestId: string) {
    if (!isUuid(requestId)) throw new AccountsError('request_not_found');
    return toRequestCost(await this.call('GET', `/internal/projects/${projectId}/events/${requestId}`, recordedEventSchema, { notFound: 'request_not_found' }));
  }

  /** Usage types that providers reported and no price table knows. */
  async unpriced(query: UnpricedUsageQuery) {
    const filters = Object.entries(query).filter((filter): filter is [string, string] => filter[1] !== undefined);
    const { rows } = await this.call('GET', `/internal/unpriced-usage?${new URLSearchParams(filters)}`, unpricedUsageSchema);
    return {
      unpriced: rows.map(({ provider, model, type, priceVersion, events, firstSeenAt, lastSeenAt }) => ({
        provider,
        model,
        type,
        price_version: priceVersion,
        events,
        first_seen_at: firstSeenAt,
        last_seen_at: lastSeenAt,
      })),
    };
  }

  private async ask(query: UsageReportQuery): Promise<UsageReportRow[]> {
    const { rows } = await this.call('POST', '/internal/usage-report', usageReportSchema, { body: query });
    return rows;
  }

  private async call<Schema extends z.ZodType>(method: 'GET' | 'POST', path: string, schema: Schema, options: CallOptions = {}): Promise<z.infer<Schema>> {
    const answer = await this.billing.call<unknown>(method, path, options.body).catch((cause: unknown) => {
      throw new AccountsError(codeOf(cause, options.notFound), undefined, { cause });
    });
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new AccountsError('report_failed', undefined, { cause: parsed.error });
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

interface CallOptions {
  body?: unknown;
  /** What a 404 of billing means. */
  notFound?: AccountsErrorCode;
}

const codeOf = (cause: unknown, notFound: AccountsErrorCode = 'report_failed'): AccountsErrorCode => {
  const status = cause instanceof InternalCallError ? cause.status : undefined;
  if (status === null || status === 503) return 'report_unavailable';
  return status === 404 ? notFound : 'report_failed';
};
