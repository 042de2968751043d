import { llmGrantOf } from '@llm-proxy/shared-auth';
import type { Caller } from '../access/caller.js';
import { isLlmProxyMember } from '../access/memberships.store.js';
import { roleIn } from '../access/permissions.js';

/** A caller's standing in the vocabulary of older clients. */
export const toProjectRole = (caller: Caller, projectId: string) => {
  const role = roleIn(caller, projectId);
  const admin = role === 'operator' || role === 'admin';
  return {
    role: admin ? 'admin' : role === 'participant' || role === 'member' ? 'member' : 'none',
    can_create_rooms: admin,
    can_create_agents: admin,
    can_use_llm_proxy: admin || mayUseLlmProxy(caller, projectId),
    is_admin: admin,
    is_developer: admin,
  };
};

const mayUseLlmProxy = (caller: Caller, projectId: string): boolean => {
  if (caller.kind === 'participant') return caller.projectId === projectId && llmGrantOf(caller.claims) !== null;
  return caller.kind === 'user' && isLlmProxyMember(caller.memberships.get(projectId));
};

