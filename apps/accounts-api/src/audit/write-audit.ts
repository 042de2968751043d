import type { Caller } from '../access/caller.js';
import type { Prisma, Transaction } from '../database/database.js';
import { requestContext } from './request-context.js';

/** One change, in words that stay true when its target is gone. Never holds a secret: `details` is for names, roles and switches. */
export interface AuditEntry {
  /** `<noun>.<what was done to it>`, e.g. `api_key.created`. */
  action: string;
  target: { type: string; id: string; name?: string | null };
  details?: Prisma.InputJsonObject;
  /** The user who proved to be one by a password in the request itself. Missing: whom the request's credential names. */
  by?: { id: string; email: string };
}

/**
 * Writes it in the transaction that makes the change: neither is there without the other.
 * @param projectId null: the change is not about a project; the operator reads it
 */
export const writeAudit = async (transaction: Transaction, projectId: string | null, { action, target, details, by }: AuditEntry): Promise<void> => {
  const context = requestContext();
  await transaction.auditEntry.create({
    data: {
      projectId,
      ...(by ? { actorType: 'user', actorId: by.id, actorName: by.email } : actorOf(context?.caller ?? null)),
      action,
      targetType: target.type,
      targetId: target.id,
      targetName: target.name ?? null,
      details: details ?? {},
      address: context?.address ?? null,
      userAgent: context?.userAgent ?? null,
    },
  });
};

const actorOf = (caller: Caller | null): { actorType: string; actorId: string | null; actorName: string } => {
  switch (caller?.kind) {
    case undefined:
      return { actorType: 'system', actorId: null, actorName: 'system' };
    case 'operator':
      return { actorType: 'operator', actorId: null, actorName: 'operator' };
    case 'api_key':
      return { actorType: 'api_key', actorId: caller.apiKeyId, actorName: caller.serviceAccountName };
    case 'user':
      return { actorType: 'user', actorId: caller.userId, actorName: caller.email };
    case 'participant':
      return { actorType: 'participant', actorId: null, actorName: caller.name };
  }
};
