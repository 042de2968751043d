import type { UsageReportQuery } from '@llm-proxy/usage-schema';
import { z } from 'zod';
import { text } from '../http/fields.schema.js';

type Dimension = UsageReportQuery['groupBy'][number];

/** Every row says what was used; a report adds what it is about. Reports that are not here get the plain rows. */
const PLAIN: Dimension[] = ['provider', 'model', 'type'];
const ADDED: Readonly<Record<string, Dimension[]>> = {
  cost_by_user: ['user', 'participant'],
  cost_by_room: ['room'],
  cost_by_client: ['client'],
  cost_by_api_key: ['apiKey'],
  cost_by_annotations: ['annotations'],
};

/** A day alone is the start of that day, UTC. */
const instant = () =>
  z.union([z.iso.datetime({ offset: true }), z.iso.datetime({ local: true }).transform((local) => `${local}Z`), z.iso.date().transform((day) => `${day}T00:00:00Z`)], {
    error: 'must be an ISO 8601 date or time',
  });

const annotations = () =>
  text(8_000).transform((json, context): Record<string, string> => {
    const parsed = z.record(z.string(), z.string()).safeParse(parseJson(json));
    if (parsed.success) return Object.fromEntries(Object.entries(parsed.data).map(([name, value]) => [name.toLowerCase(), value]));
    context.addIssue({ code: 'custom', message: 'must be a JSON object of strings' });
    return z.NEVER;
  });

const parseJson = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

const optionalText = () =>
  text(512)
    .optional()
    .transform((value) => value || undefined);

const commaList = () =>
  text(8_000)
    .optional()
    .transform((value) => {
      const parts = (value ?? '').split(',').map((part) => part.trim());
      return parts.some((part) => part !== '') ? parts.filter((part) => part !== '') : undefined;
    });

const period = {
  start: instant().optional(),
  end: instant().optional(),
  interval: z.enum(['hour', 'day', 'week', 'month']).optional(),
  annotations: annotations().optional(),
};

export const usageQuerySchema = z.object({
  ...period,
  report: optionalText(),
  users: commaList(),
  room: optionalText(),
  provider: optionalText(),
  model: optionalText(),
  usage_type: optionalText(),
  client: optionalText(),
});

export const ownUsageQuerySchema = z.object(period);

export const allUsageQuerySchema = usageQuerySchema.extend({ project_id: z.uuid().optional() });

export const unpricedQuerySchema = z.object({ start: instant().optional(), end: instant().optional(), project_id: z.uuid().optional() });

export type UsageQuery = z.infer<typeof usageQuerySchema>;

/** What billing is asked. */
export const toReportQuery = (projectId: string | null, query: UsageQuery): UsageReportQuery => ({
  projectId,
  start: query.start,
  end: query.end,
  interval: query.interval,
  groupBy: [...PLAIN, ...(ADDED[query.report ?? ''] ?? [])],
  filters: {
    subjects: query.users,
    room: query.room,
    provider: query.provider,
    model: query.model,
    type: query.usage_type,
    client: query.client,
    annotations: query.annotations,
  },
});
