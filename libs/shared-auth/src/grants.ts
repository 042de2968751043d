import type { ParticipantClaims } from './participant-token.js';

/** Surface name to its limits; a missing name is a denied surface, `{}` one without limits. */
export type ApiScope = Record<string, Record<string, unknown>>;

/** `models`: null for every model, else entries `provider/model` or a prefix ending in `*`. */
export interface LlmGrant {
  models: string[] | null;
}

export type ParticipantRole = 'user' | 'agent' | 'tool';

type Granted = Pick<ParticipantClaims, 'grants'>;

/** Name of the room the token is for; null when it is for none. */
export const roomGrantOf = (claims: Granted): string | null => {
  const room = scopeOf(claims, 'room');
  return typeof room === 'string' && room !== '' ? room : null;
};

/** A token without a role is a user's. */
export const roleGrantOf = (claims: Granted): ParticipantRole => {
  const role = scopeOf(claims, 'role');
  return role === 'agent' || role === 'tool' ? role : 'user';
};

/** Null: the token opens no API at all. */
export const apiGrantOf = (claims: Granted): Record<string, unknown> | null => objectOrNull(scopeOf(claims, 'api'));

/** Null: the token may not call models. A `models` that is not a list allows none, because guessing would widen it. */
export const llmGrantOf = (claims: Granted): LlmGrant | null => {
  const llm = objectOrNull(apiGrantOf(claims)?.['llm']);
  if (!llm) return null;
  const models = llm['models'] ?? null;
  if (models === null) return { models: null };
  return { models: Array.isArray(models) ? models.filter((entry) => typeof entry === 'string') : [] };
};

/** Whether a call of this model is within the grant. */
export const llmGrantAllows = (grant: LlmGrant, provider: string, model: string): boolean => {
  if (grant.models === null) return true;
  const name = `${provider}/${model}`;
  return grant.models.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : entry === name));
};

/** For routes that name no model: an entry must name the provider, so a bare `*` is not enough. */
export const llmGrantAllowsProvider = (grant: LlmGrant, provider: string): boolean =>
  grant.models === null || grant.models.some((entry) => entry.startsWith(`${provider}/`));

const USER_SURFACES = ['livekit', 'queues', 'messaging', 'dataset', 'sqlite', 'memory', 'sync', 'storage', 'containers', 'developer', 'agents'];

/** What a signed-in person gets in a room, model calls not included. */
export const userDefaultApiScope = (): ApiScope => scopeWith([...USER_SURFACES, 'services']);

/** What a program gets in a room: the same, and model calls. */
export const agentDefaultApiScope = (): ApiScope => scopeWith([...USER_SURFACES, 'llm', 'services']);

export const fullApiScope = (): ApiScope => scopeWith([...USER_SURFACES, 'llm', 'services', 'admin', 'tunnels']);

const scopeWith = (surfaces: string[]): ApiScope => Object.fromEntries(surfaces.map((surface) => [surface, {}]));

const scopeOf = (claims: Granted, name: string): unknown => claims.grants.find((grant) => grant.name === name)?.scope;

const objectOrNull = (value: unknown): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
