import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ParticipantClaims } from '@llm-proxy/shared-auth';
import type { Standing } from './permissions.js';

/** A person, by an access token that a client of theirs shows. */
export interface UserCaller {
  kind: 'user';
  userId: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  clientId: string;
  /** What the client may do, in the current vocabulary. */
  scopes: ReadonlySet<string>;
}

/** Who is asking, as the credential proves it. */
export type Caller =
  | { kind: 'operator' }
  | { kind: 'api_key'; projectId: string; apiKeyId: string; serviceAccountId: string; serviceAccountName: string; roles: readonly string[] }
  | UserCaller
  | { kind: 'participant'; projectId: string; name: string; claims: ParticipantClaims };

/** What a request carries once the guard let it in. */
export interface AuthenticatedRequest {
  user: Caller;
  /** In the project of the route; where the caller is at home on a route without one. */
  standing: Standing;
}

/** Parameter: who is asking. */
export const AskedBy = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<AuthenticatedRequest>().user);

/** Parameter: what the caller is in the project of the route. */
export const StandingHere = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<AuthenticatedRequest>().standing);

/** The user that a caller is; null for callers that are none. */
export const userIdOf = (caller: Caller): string | null => {
  switch (caller.kind) {
    case 'user':
      return caller.userId;
    case 'operator':
    case 'api_key':
    case 'participant':
      return null;
  }
};

/** Id by which a caller appears elsewhere: in its profile, in usage, as the subject of a grant. */
export const callerIdOf = (caller: Caller): string => {
  switch (caller.kind) {
    case 'operator':
      return 'operator';
    case 'api_key':
      return caller.serviceAccountId;
    case 'user':
      return caller.userId;
    case 'participant':
      return caller.name;
  }
};
