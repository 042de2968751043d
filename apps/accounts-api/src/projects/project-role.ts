import { flagsOf } from '@llm-proxy/shared-auth';
import type { z } from 'zod';
import type { Standing } from '../access/permissions.js';
import type { projectRoleSchema } from './projects.schema.js';

/** A caller's standing in the vocabulary of older clients. */
export const toProjectRole = ({ roles }: Standing): z.infer<typeof projectRoleSchema> => {
  const flags = flagsOf(roles);
  const role = flags.is_admin ? 'admin' : flags.is_developer ? 'developer' : 'member';
  return { role, ...flags };
};
