import { API_KEY_PREFIX } from './api-key.js';
import { looksLikeParticipantToken } from './participant-token.js';

export type CredentialKind = 'api_key' | 'participant_token' | 'oauth_token';

/** Tells what a bearer value claims to be; says nothing about whether it is any good. Never throws. */
export const credentialKindOf = (token: string): CredentialKind => {
  if (token.startsWith(API_KEY_PREFIX)) return 'api_key';
  return looksLikeParticipantToken(token) ? 'participant_token' : 'oauth_token';
};
