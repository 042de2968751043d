import { mintParticipantToken, PARTICIPANT_TOKEN_VERSION } from '@llm-proxy/shared-auth';
import type { NewParticipantToken } from './participant-tokens.schema.js';

/** Nothing but time ends a token that the deployment signed. */
export const DEPLOYMENT_TOKEN_SECONDS = 24 * 60 * 60;

/** The key a token is signed with; deleting it ends the token. */
export interface SigningKey {
  id: string;
  secret: string;
}

/** @param key of the caller; null: the deployment signs, and the token ends after a day */
export const mintToken = (projectId: string, { name, grants }: NewParticipantToken, key: SigningKey | null, deploymentSecret: string): string => {
  const claims = { name, grants, sub: projectId, version: PARTICIPANT_TOKEN_VERSION };
  if (key) return mintParticipantToken({ ...claims, kid: key.id }, key.secret);
  return mintParticipantToken(claims, deploymentSecret, { expiresInSeconds: DEPLOYMENT_TOKEN_SECONDS });
};
