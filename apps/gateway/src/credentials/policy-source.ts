import { InternalCallError, InternalClient } from '@llm-proxy/platform-http';
import {
  type AccessTokenKeys,
  type PolicyChanges,
  type ProjectPolicy,
  type RevokedTokens,
  type RoomPolicy,
  accessTokenKeysSchema,
  existingProjectsSchema,
  policyChangesSchema,
  projectPolicySchema,
  revokedTokensSchema,
  roomPolicySchema,
} from '@llm-proxy/shared-auth';

/** Where policy comes from. Every call rejects when the source is away. */
export interface PolicySource {
  project(projectId: string): Promise<ProjectPolicy | null>;
  /** Those of the ids, at most 2,000, that are projects. */
  existingProjects(projectIds: string[]): Promise<string[]>;
  room(projectId: string, name: string): Promise<RoomPolicy | null>;
  /** Waits up to `waitMs` for a change after `after`; without `after`, tells where the sequence stands. */
  changes(after: string | null, waitMs: number, signal: AbortSignal): Promise<PolicyChanges>;
  /** When keys were last used. */
  reportKeyUse(keys: { id: string; usedAtMs: number }[]): Promise<void>;
  /** What OAuth access tokens are verified with. */
  accessTokenKeys(): Promise<AccessTokenKeys>;
  /** Access tokens that were revoked; without `after`, all that would still be valid. */
  revokedTokens(after: string | null): Promise<RevokedTokens>;
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 5_000;
/** Longer than any wait that is asked for. */
const CHANGES_TIMEOUT_MS = 40_000;

export const accountsPolicySource = (baseUrl: string, serviceCredential: string): PolicySource => {
  const client = new InternalClient({ baseUrl, serviceCredential, timeoutMs: ANSWER_TIMEOUT_MS });
  const follower = new InternalClient({ baseUrl, serviceCredential, timeoutMs: CHANGES_TIMEOUT_MS });
  const ask = async (path: string): Promise<unknown> => {
    try {
      return await client.call('GET', path);
    } catch (error) {
      if (error instanceof InternalCallError && error.status === 404) return null;
      throw error;
    }
  };
  return {
    project: async (projectId) => projectPolicySchema.nullable().parse(await ask(`/internal/projects/${projectId}/policy`)),
    existingProjects: async (projectIds) => existingProjectsSchema.parse(await client.call('POST', '/internal/projects/existing', { projectIds })).projectIds,
    room: async (projectId, name) => roomPolicySchema.nullable().parse(await ask(`/internal/projects/${projectId}/rooms/${encodeURIComponent(name)}`)),
    changes: async (after, waitMs, signal) => {
      const query = after === null ? '' : `?after=${after}&waitMs=${waitMs}`;
      return policyChangesSchema.parse(await follower.call('GET', `/internal/changes${query}`, undefined, signal));
    },
    reportKeyUse: async (keys) => {
      await client.call('POST', '/internal/api-keys/used', { keys });
    },
    accessTokenKeys: async () => accessTokenKeysSchema.parse(await client.call('GET', '/internal/oauth/keys')),
    revokedTokens: async (after) => revokedTokensSchema.parse(await client.call('GET', `/internal/oauth/revoked${after === null ? '' : `?after=${after}`}`)),
    close: async () => {
      await Promise.all([client.close(), follower.close()]);
    },
  };
};
