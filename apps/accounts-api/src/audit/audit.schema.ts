import { z } from 'zod';
import type { AuditEntry } from '../generated/client.js';
import { text } from '../http/fields.schema.js';
import { pageSchema } from '../http/paging.schema.js';

const instant = () => z.iso.datetime({ offset: true }).transform((value) => new Date(value));
const filter = () =>
  text(200)
    .optional()
    .transform((value) => value || undefined);

/** Besides a page: a period, and what the entries are about. */
export const auditQuerySchema = z.intersection(
  pageSchema,
  z.object({ start: instant().optional(), end: instant().optional(), action: filter(), actor: filter(), target: filter() }),
);

export type AuditQuery = z.infer<typeof auditQuerySchema>;

export const toAuditEntry = (entry: AuditEntry) => ({
  id: String(entry.id),
  at: entry.at.toISOString(),
  actor: { type: entry.actorType, id: entry.actorId, name: entry.actorName },
  action: entry.action,
  target: { type: entry.targetType, id: entry.targetId, name: entry.targetName },
  details: entry.details,
  address: entry.address,
  user_agent: entry.userAgent,
});
