import type { ParticipantClaims } from '@llm-proxy/shared-auth';
import type { CredentialsStore } from '../access/credentials.store.js';

/**
 * The secret that a token must have been signed with: of the API key it names, which must belong to the project it names; else the deployment's.
 * @returns null when there is no such key or project
 */
export const signingSecretOf = async (claims: ParticipantClaims, credentials: CredentialsStore, deploymentSecret: string): Promise<string | null> => {
  if (claims.sub === undefined) return null;
  if (claims.kid !== undefined) return (await credentials.openApiKey(claims.kid, claims.sub))?.secret ?? null;
  return (await credentials.projectExists(claims.sub)) ? deploymentSecret : null;
};
