import { expandRoles } from '@llm-proxy/shared-auth';
import { AccountsError } from '../accounts.errors.js';
import type { Standing } from './permissions.js';

/** Nobody hands on more than they have: whoever holds these roles must not be able to do what the giver cannot. */
export const mayGive = (giver: Standing, roles: readonly string[]): boolean => [...expandRoles(roles)].every((role) => giver.has(role));

/** @throws AccountsError `forbidden` */
export const assertMayGive = (giver: Standing, roles: readonly string[]): void => {
  if (!mayGive(giver, roles)) throw new AccountsError('forbidden', 'This would give more rights than this credential has.');
};
