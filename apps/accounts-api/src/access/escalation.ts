import { expandRoles } from '@llm-proxy/shared-auth';
import { AccountsError } from '../accounts.errors.js';
import { mayCallModels, mayDo, mayReadPrivateFeeds, type Permission, permissions, type Standing } from './permissions.js';

const allPermissions = Object.keys(permissions) as Permission[];

/** Nobody hands on more than they have: whoever holds these roles must not be able to do what the giver, with the credential at hand, cannot. */
export const mayGive = (giver: Standing, roles: readonly string[]): boolean => {
  const given: Standing = { roles: expandRoles(roles), scopes: null };
  if (![...given.roles].every((role) => giver.roles.has(role))) return false;
  if (giver.scopes === null) return true;
  const beyondRoutes = [mayCallModels, mayReadPrivateFeeds];
  return allPermissions.every((one) => !mayDo(given, one) || mayDo(giver, one)) && beyondRoutes.every((may) => !may(given) || may(giver));
};

/** @throws AccountsError `forbidden` */
export const assertMayGive = (giver: Standing, roles: readonly string[]): void => {
  if (!mayGive(giver, roles)) throw new AccountsError('forbidden', 'This would give more rights than this credential has.');
};

/** @throws AccountsError `forbidden` */
export const assertMayLetCallModels = (giver: Standing): void => {
  if (!mayCallModels(giver)) throw new AccountsError('forbidden', 'This credential may not call models, so it cannot let others call them.');
};
