import type { KeyObject } from 'node:crypto';
import {
  type AccessToken,
  type ParticipantClaims,
  type SecretBox,
  LLM_SCOPE,
  accessTokenKeyId,
  credentialKindOf,
  hmacKeyOf,
  llmGrantOf,
  matchesDigest,
  parseApiKey,
  readParticipantToken,
  roomGrantOf,
  verifyParticipantToken,
} from '@llm-proxy/shared-auth';
import { LRUCache } from 'lru-cache';
import { Refusal, refusals } from '../refusals.js';
import { type AccessTokenVerifier, KeysUnavailableError } from './access-token-verifier.js';
import type { Caller } from './caller.js';
import { KeySecrets, type PolicyKey } from './key-secrets.js';
import { type KnownProject, type PolicyCache, PolicyUnavailableError } from './policy-cache.js';
import { RefusalPace, type RefusalPaceOptions } from './refusal-pace.js';

const MAX_KNOWN = 20_000;
const MAX_UNKNOWN_KEYS = 10_000;
const UNKNOWN_KEY_TTL_MS = 5_000;

export interface CallersOptions {
  policies: PolicyCache;
  secretBox: SecretBox;
  accessTokens: Pick<AccessTokenVerifier, 'verify' | 'revocations'>;
  /** Verifies tokens that no API key signed; null: there are none. */
  deploymentSecret: string | null;
  refusalPace?: RefusalPaceOptions;
  nowMs?: () => number;
}

/** Turns a credential into a caller. A credential seen before costs one map look-up. */
export class Callers {
  private readonly seen = new LRUCache<string, Caller>({ max: MAX_KNOWN });
  /** Access tokens name no project, so they are kept by token and project. */
  private readonly seenWithProject = new LRUCache<string, Caller>({ max: MAX_KNOWN });
  /** Key ids that a project did not have when it was asked afresh: whoever goes on calling with a deleted key does not make us ask every time. */
  private readonly unknownKeys = new LRUCache<string, { project: KnownProject; untilMs: number }>({ max: MAX_UNKNOWN_KEYS });
  private readonly secrets: KeySecrets;
  private readonly deploymentKey: KeyObject | null;
  private readonly pace: RefusalPace;
  private readonly nowMs: () => number;

  constructor(private readonly options: CallersOptions) {
    this.nowMs = options.nowMs ?? Date.now;
    this.pace = new RefusalPace(options.refusalPace);
    this.secrets = new KeySecrets(options.secretBox);
    this.deploymentKey = options.deploymentSecret === null ? null : hmacKeyOf(options.deploymentSecret);
  }

  /** The caller when the credential was verified before and neither its project nor the clock has moved on since. */
  known(credential: string, projectId: string | null = null): Caller | undefined {
    const caller = this.seen.get(credential) ?? (projectId === null ? undefined : this.seenWithProject.get(`${projectId} ${credential}`));
    if (caller === undefined) return undefined;
    if (this.options.policies.peek(caller.project.policy.projectId) !== caller.project) return undefined;
    if (caller.expiresAtMs !== null && caller.expiresAtMs <= this.nowMs()) return undefined;
    if (caller.revocationKeys !== null && this.options.accessTokens.revocations.includes(caller.revocationKeys)) return undefined;
    return caller;
  }

  /**
   * Verifies the credential from the ground up. Never throws: whatever is wrong is a refusal.
   * @param projectId that an OAuth caller names
   */
  async identify(credential: string, projectId: string | null = null): Promise<Caller | Refusal> {
    const caller = await this.verify(credential, projectId);
    // One who is known but may not do this is no flood.
    if (caller instanceof Refusal && caller.status === 401) await this.pace.turn();
    return caller;
  }

  private async verify(credential: string, projectId: string | null): Promise<Caller | Refusal> {
    const kind = credentialKindOf(credential);
    try {
      if (kind === 'oauth_token') return await this.byAccessToken(credential, projectId);
      const caller = kind === 'api_key' ? await this.byApiKey(credential) : await this.byToken(credential);
      if (!(caller instanceof Refusal)) this.seen.set(credential, caller);
      return caller;
    } catch (error) {
      if (error instanceof PolicyUnavailableError || error instanceof KeysUnavailableError) return refusals.accountsUnavailable;
      throw error;
    }
  }

  private async byApiKey(credential: string): Promise<Caller | Refusal> {
    const parsed = parseApiKey(credential);
    const project = parsed && (await this.projectWithKey(parsed.projectId, parsed.keyId));
    const key = project?.policy.apiKeys.find((candidate) => candidate.id === parsed!.keyId);
    if (!project || !key || !matchesDigest(parsed!.secret, this.secrets.of(key, parsed!.projectId).digest)) return refusals.credentialInvalid;
    const refusal = this.keyRefusal(key);
    if (refusal !== null) return refusal;
    return callerOf(project, { credential: 'api_key', apiKeyId: key.id, serviceAccountId: key.serviceAccountId, expiresAtMs: key.expiresAtMs ?? null });
  }

  private async byToken(credential: string): Promise<Caller | Refusal> {
    const unverified = readParticipantToken(credential);
    const project = unverified?.sub === undefined || !UUID.test(unverified.sub) ? null : await this.projectWithKey(unverified.sub.toLowerCase(), unverified.kid);
    if (!unverified || !project) return refusals.credentialInvalid;
    const signer = this.signerOf(unverified, project);
    if (signer === null) return refusals.credentialInvalid;
    const verified = verifyParticipantToken(credential, signer.hmacKey, this.nowMs());
    if (!verified.ok) return verified.reason === 'expired' || verified.reason === 'not_yet_valid' ? refusals.credentialExpired : refusals.credentialInvalid;
    const refusal = signer.key && this.keyRefusal(signer.key);
    if (refusal) return refusal;
    const room = roomGrantOf(verified.claims);
    if (room === null) return refusals.roomGrantMissing;
    const llm = llmGrantOf(verified.claims);
    if (llm === null) return refusals.llmGrantMissing;
    return callerOf(project, {
      credential: 'participant_token',
      apiKeyId: signer.key?.id ?? null,
      serviceAccountId: signer.key?.serviceAccountId ?? null,
      participant: verified.claims.name,
      roomGrant: room,
      llmGrant: llm,
      expiresAtMs: earlier(verified.claims.exp === undefined ? null : verified.claims.exp * 1_000, signer.key?.expiresAtMs ?? null),
    });
  }

  private async byAccessToken(credential: string, projectId: string | null): Promise<Caller | Refusal> {
    if (accessTokenKeyId(credential) === null) return refusals.credentialUnknown;
    const verified = await this.options.accessTokens.verify(credential, this.nowMs());
    if (!verified.ok) return verified.reason === 'expired' ? refusals.accessTokenExpired : refusals.credentialInvalid;
    if (projectId === null || projectId === '') return refusals.oauthProjectMissing;
    const { token } = verified;
    if (!token.scopes.has(LLM_SCOPE)) return refusals.oauthScopeMissing;
    const project = UUID.test(projectId) ? await this.projectWithMember(projectId, token) : null;
    if (project === null || !isPermitted(project, token)) return refusals.oauthNotPermitted(projectId.slice(0, 64));
    const participant = token.userId === null ? token.clientId : null;
    const caller = callerOf(project, { credential: 'oauth_token', apiKeyId: null, userId: token.userId, participant, revocationKeys: token.revocationKeys, expiresAtMs: token.expiresAtMs });
    this.seenWithProject.set(`${projectId} ${credential}`, caller);
    return caller;
  }

  /** The project; asked for anew when it does not list the caller, who may have joined a moment ago. */
  private async projectWithMember(projectId: string, token: AccessToken): Promise<KnownProject | null> {
    const project = await this.options.policies.load(projectId);
    return project === null || isPermitted(project, token) ? project : this.options.policies.loadAfresh(projectId);
  }

  /** The project; asked for anew when it does not know the key, which may have been made a moment ago. */
  private async projectWithKey(projectId: string, keyId: string | undefined): Promise<KnownProject | null> {
    const { policies } = this.options;
    const project = await policies.load(projectId);
    if (project === null || keyId === undefined || hasKey(project, keyId) || !UUID.test(keyId)) return project;
    const unknown = this.unknownKeys.get(keyId);
    if (unknown?.project === project && this.nowMs() < unknown.untilMs) return project;
    const fresh = await policies.loadAfresh(projectId);
    if (fresh !== null && !hasKey(fresh, keyId)) this.unknownKeys.set(keyId, { project: fresh, untilMs: this.nowMs() + UNKNOWN_KEY_TTL_MS });
    return fresh;
  }

  private signerOf(claims: ParticipantClaims, project: KnownProject) {
    if (claims.kid === undefined) return this.deploymentKey === null ? null : { hmacKey: this.deploymentKey, key: null };
    const key = project.policy.apiKeys.find((candidate) => candidate.id === claims.kid);
    return key === undefined ? null : { hmacKey: this.secrets.of(key, project.policy.projectId).hmacKey, key };
  }

  /** Applies to the key and to every token minted from it. */
  private keyRefusal(key: PolicyKey): Refusal | null {
    if (key.expiresAtMs != null && key.expiresAtMs <= this.nowMs()) return refusals.credentialInvalid;
    return key.mayUseLlm === false ? refusals.llmPermissionMissing : null;
  }
}

const hasKey = ({ policy }: KnownProject, keyId: string): boolean => policy.apiKeys.some(({ id }) => id === keyId);

const earlier = (one: number | null, other: number | null): number | null => (one === null || other === null ? (one ?? other) : Math.min(one, other));

const isPermitted = ({ policy }: KnownProject, token: AccessToken): boolean =>
  token.userId === null ? policy.llmProxyClientIds.includes(token.clientId) : policy.llmProxyUserIds.includes(token.userId);

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const callerOf = (project: KnownProject, known: Partial<Caller> & Pick<Caller, 'credential' | 'apiKeyId'>): Caller => ({
  project,
  serviceAccountId: null,
  userId: null,
  participant: null,
  roomGrant: null,
  llmGrant: null,
  revocationKeys: null,
  expiresAtMs: null,
  ...known,
});
