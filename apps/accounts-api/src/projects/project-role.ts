import { llmGrantOf } from '@llm-proxy/shared-auth';
import type { Caller } from '../access/caller.js';
import { roleIn } from '../access/permissions.js';

/** A caller's standing in the vocabulary of older clients. */
export const toProjectRole = (caller: Caller, projectId: string) => {
  const role = roleIn(caller, projectId);
  const admin = role === 'operator' || role === 'admin';
  return {
    role: admin ? 'admin' : role === 'participant' ? 'member' : 'none',
    can_create_rooms: admin,
    can_create_agents: admin,
    can_use_llm_proxy: admin || (caller.kind === 'participant' && role !== null && llmGrantOf(caller.claims) !== null),
    is_admin: admin,
    is_developer: admin,
  };
};
