import { z } from 'zod';
import type { AuditEntry } from '../generated/client.js';
import { instantText, pageEnd, storedObject } from '../http/answer.schema.js';
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

/** Of the deployment: the operator may look at one project alone. */
export const deploymentAuditQuerySchema = z.intersection(auditQuerySchema, z.object({ project_id: z.uuid().optional() }));

const auditEntrySchema = z
  .object({
    id: z.string(),
    project_id: z.uuid().nullable().describe('Null: not about a project, e.g. a new user.'),
    at: instantText(),
    actor: z.object({ type: z.enum(['operator', 'api_key', 'user', 'participant', 'system']), id: z.string().nullable(), name: z.string() }),
    action: z.string(),
    target: z.object({ type: z.string(), id: z.string(), name: z.string().nullable() }),
    details: storedObject(),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });

export const auditLogSchema = z.object({ entries: z.array(auditEntrySchema), ...pageEnd });

type ShownAuditEntry = z.infer<typeof auditEntrySchema>;

export const toAuditEntry = (entry: AuditEntry): ShownAuditEntry => ({
  id: String(entry.id),
  project_id: entry.projectId,
  at: entry.at.toISOString(),
  actor: { type: entry.actorType as ShownAuditEntry['actor']['type'], id: entry.actorId, name: entry.actorName },
  action: entry.action,
  target: { type: entry.targetType, id: entry.targetId, name: entry.targetName },
  details: entry.details as Record<string, unknown>,
  address: entry.address,
  user_agent: entry.userAgent,
});
