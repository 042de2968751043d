import type { Caller } from '../credentials/caller.js';
import type { Callers } from '../credentials/callers.js';
import type { KeyUse } from '../credentials/key-use.js';
import { type PolicyCache, PolicyUnavailableError } from '../credentials/policy-cache.js';
import type { Provider } from '../providers/index.js';
import { Refusal, refusals } from '../refusals.js';
import type { RequestHead } from './request-head.js';
import type { Route } from './route.js';

/** What it takes to know a caller. HTTP calls and sockets take the same two steps. */
export interface CallerDeps {
  callers: Callers;
  policies: PolicyCache;
  keyUse: Pick<KeyUse, 'note'>;
}

/** Who is calling. Never rejects for what a client sent. */
export const identify = async ({ callers, keyUse }: CallerDeps, provider: Provider, head: RequestHead): Promise<Caller | Refusal> => {
  const credential = head.bearer ?? (provider.acceptsApiKeyHeader ? head.apiKeyHeader : null);
  if (credential === null || credential === '') return refusals.credentialMissing(provider.acceptsApiKeyHeader);
  const caller = callers.known(credential, head.projectId) ?? (await callers.identify(credential, head.projectId));
  if (!(caller instanceof Refusal) && caller.apiKeyId !== null) keyUse.note(caller.apiKeyId, Date.now());
  return caller;
};

/** The room the call is for: it must exist, be enabled, and be the one of the caller's token. */
export const roomOf = async ({ policies }: CallerDeps, route: Route, caller: Caller): Promise<string | null | Refusal> => {
  const name = route.room ?? caller.roomGrant;
  if (name === null) return null;
  if (caller.roomGrant !== null && caller.roomGrant !== name) return refusals.roomMismatch(name);
  try {
    const known = caller.project.rooms.get(name);
    const room = known === undefined ? await policies.loadRoom(caller.project, name) : known.room;
    if (room === null) return refusals.roomNotFound(name);
    return room.enabled ? room.name : refusals.roomDisabled(name);
  } catch (error) {
    if (error instanceof PolicyUnavailableError) return refusals.accountsUnavailable;
    throw error;
  }
};
