import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ParticipantClaims } from '@llm-proxy/shared-auth';

/** Who is asking, as the credential proves it. */
export type Caller =
  | { kind: 'operator' }
  | { kind: 'api_key'; projectId: string; apiKeyId: string; serviceAccountId: string; serviceAccountName: string }
  | { kind: 'participant'; projectId: string; name: string; claims: ParticipantClaims };

/** What a request carries once the guard let it in. */
export interface AuthenticatedRequest {
  user: Caller;
}

/** Parameter: who is asking. */
export const AskedBy = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<AuthenticatedRequest>().user);
