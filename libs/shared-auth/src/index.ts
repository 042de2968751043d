export { API_KEY_PREFIX, formatApiKey, newApiKeySecret, parseApiKey } from './api-key.js';
export type { ApiKey } from './api-key.js';
export {
  ACCESS_TOKEN_ALGORITHM,
  TOKENS_REVOKED,
  accessTokenKeyId,
  accessTokenKeysSchema,
  publicKeysOf,
  revocationKeys,
  revokedTokensSchema,
  toAccessToken,
  verifyAccessToken,
} from './access-token.js';
export type { AccessToken, AccessTokenKeys, RevokedTokens, VerifiedAccessToken } from './access-token.js';
export { API_SCOPES, LLM_SCOPE, expandScopes, scopesWithin } from './oauth-scopes.js';
export { credentialKindOf } from './credential-kind.js';
export type { CredentialKind } from './credential-kind.js';
export {
  PARTICIPANT_TOKEN_VERSION,
  hmacKeyOf,
  looksLikeParticipantToken,
  mintParticipantToken,
  readParticipantToken,
  verifyParticipantToken,
} from './participant-token.js';
export type { Grant, MintOptions, NewParticipantClaims, ParticipantClaims, RefusedToken, VerifiedToken } from './participant-token.js';
export {
  agentDefaultApiScope,
  apiGrantOf,
  fullApiScope,
  llmGrantAllows,
  llmGrantAllowsProvider,
  llmGrantOf,
  roleGrantOf,
  roomGrantOf,
  userDefaultApiScope,
} from './grants.js';
export type { ApiScope, LlmGrant, ParticipantRole } from './grants.js';
export { matchesDigest, sameSecret, secretDigest } from './same-secret.js';
export { SealError, SecretBox, sealedFields } from './secret-box.js';
export type { SealedFor } from './secret-box.js';
export { existingProjectsSchema, policyChangesSchema, projectPolicySchema, roomPolicySchema } from './project-policy.js';
export type { PolicyChanges, ProjectPolicy, RoomPolicy } from './project-policy.js';
export { assignableRoles, expandRoles, flagsOf, inheritedRoles, roleFlags, withFlags } from './roles.js';
export type { AssignableRole, ProjectRole, RoleFlag, RoleFlags } from './roles.js';
export { matchesPattern, modelPolicySchema, policyAllowsClient, policyAllowsModel, policyAllowsProvider } from './model-policy.js';
export type { ModelPolicy } from './model-policy.js';
