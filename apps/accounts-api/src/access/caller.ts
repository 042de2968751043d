import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ParticipantClaims } from '@llm-proxy/shared-auth';

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
  /** Roles by project; the owner's is `owner`. */
  memberships: ReadonlyMap<string, readonly string[]>;
}

/** Who is asking, as the credential proves it. */
export type Caller =
  | { kind: 'operator' }
  | { kind: 'api_key'; projectId: string; apiKeyId: string; serviceAccountId: string; serviceAccountName: string }
  | UserCaller
  | { kind: 'participant'; projectId: string; name: string; claims: ParticipantClaims };

/** What a request carries once the guard let it in. */
export interface AuthenticatedRequest {
  user: Caller;
}

/** Parameter: who is asking. */
export const AskedBy = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<AuthenticatedRequest>().user);
