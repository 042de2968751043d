import { writeAudit } from '../audit/write-audit.js';
import type { Transaction } from '../database/database.js';
import { recordPolicyChange } from '../policy/policy-changes.js';

/**
 * Turns the invitations of an e-mail into memberships. To be called at every sign-in, in its transaction, once the e-mail is known to be the
 * user's own: whoever could claim an address without proof would take its invitations. Costs one indexed look-up when there are none.
 * @returns how many projects the user joined
 */
export const acceptInvitations = async (transaction: Transaction, user: { id: string; email: string }): Promise<number> => {
  const invitations = await transaction.projectInvitation.findMany({ where: { email: user.email.toLowerCase() }, orderBy: { projectId: 'asc' } });
  for (const { id, projectId, email, roles } of invitations) {
    await transaction.projectMember.createMany({ data: { projectId, userId: user.id, roles }, skipDuplicates: true });
    await transaction.projectInvitation.delete({ where: { id } });
    await writeAudit(transaction, projectId, { action: 'member.joined', target: { type: 'user', id: user.id, name: email }, details: { roles } });
  }
  // Last, because its lock is held until the commit.
  for (const { projectId } of invitations) await recordPolicyChange(transaction, projectId);
  return invitations.length;
};
