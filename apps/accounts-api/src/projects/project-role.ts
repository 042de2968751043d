import { flagsOf } from '@llm-proxy/shared-auth';
import type { Standing } from '../access/permissions.js';

/** A caller's standing in the vocabulary of older clients. */
export const toProjectRole = ({ roles }: Standing) => {
  const flags = flagsOf(roles);
  const role = flags.is_admin ? 'admin' : flags.is_developer ? 'developer' : 'member';
  return { role, ...flags };
};
