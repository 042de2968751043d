import type { z } from 'zod';
import { type Caller, callerIdOf } from '../access/caller.js';
import type { profileSchema } from '../members/members.schema.js';

/** What a caller is called where a participant needs a name. */
export const participantNameOf = (caller: Caller): string => {
  switch (caller.kind) {
    case 'operator':
      return 'operator';
    case 'api_key':
      return caller.serviceAccountName;
    case 'participant':
      return caller.name;
    case 'user':
      return caller.email;
  }
};

/** E-mail form of a service account; nobody reads mail there. */
export const serviceAccountEmail = (name: string, projectKey: string, apiDomain: string): string => `${name}@service.${projectKey}.${apiDomain}`;

/** @param projectKey of the caller's project; null for those who have none of their own */
export const toProfile = (caller: Caller, projectKey: string | null, apiDomain: string): z.infer<typeof profileSchema> => {
  if (caller.kind === 'user') return { id: caller.userId, first_name: caller.firstName, last_name: caller.lastName, email: caller.email };
  const name = participantNameOf(caller);
  const email = caller.kind === 'api_key' ? serviceAccountEmail(name, projectKey ?? '', apiDomain) : name.includes('@') ? name : `${name}@${apiDomain}`;
  return { id: callerIdOf(caller), first_name: name, last_name: null, email };
};
