import type { LlmGrant } from '@llm-proxy/shared-auth';
import type { KnownProject } from './policy-cache.js';

/** Who is calling, once the credential is verified. */
export interface Caller {
  readonly project: KnownProject;
  readonly credential: 'api_key' | 'participant_token' | 'oauth_token';
  readonly apiKeyId: string | null;
  readonly serviceAccountId: string | null;
  readonly userId: string | null;
  readonly participant: string | null;
  /** Room of the participant token; null for an API key, which is bound to none. */
  readonly roomGrant: string | null;
  /** Null for an API key, which may use every model of the project. */
  readonly llmGrant: LlmGrant | null;
  /** Of an OAuth token: it is refused once one of them is revoked. */
  readonly revocationKeys: readonly string[] | null;
  /** Milliseconds since 1970; null: no end. */
  readonly expiresAtMs: number | null;
}
