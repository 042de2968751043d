import { writeAudit } from '../audit/write-audit.js';
import type { Transaction } from '../database/database.js';
import { recordPolicyChange } from '../policy/policy-changes.js';

/**
 * Turns the invitations of an e-mail into memberships. Called when a user is made and at every sign-in, once the e-mail is known to be the user's
 * own: whoever could claim an address without proof would take its invitations. Costs one indexed look-up when there are none.
 * @returns how many invitations there were
 */
export const acceptInvitations = async (transaction: Transaction, user: { id: string; email: string }): Promise<number> => {
  const invitations = await transaction.projectInvitation.findMany({ where: { email: user.email.toLowerCase() }, orderBy: { projectId: 'asc' } });
  for (const { id, projectId, email, roles } of invitations) {
    // Of two sign-ins at the same moment one finds it gone.
    if ((await transaction.projectInvitation.deleteMany({ where: { id } })).count === 0) continue;
    await transaction.projectMember.createMany({ data: { projectId, userId: user.id, roles }, skipDuplicates: true });
    await writeAudit(transaction, projectId, { action: 'member.joined', target: { type: 'user', id: user.id, name: email }, details: { roles } });
  }
  // Last, because its lock is held until the commit.
  for (const { projectId } of invitations) await recordPolicyChange(transaction, projectId);
  return invitations.length;
};
