import { llmGrantAllows, llmGrantAllowsProvider, policyAllowsClient, policyAllowsModel, policyAllowsProvider } from '@llm-proxy/shared-auth';
import type { Caller } from '../credentials/caller.js';
import { type Refusal, refusals } from '../refusals.js';

export interface PolicyQuestion {
  caller: Caller;
  provider: string;
  /** Null where the path names none, such as the list of models. */
  model: string | null;
  /** User agent of the calling program. */
  client: string | null;
}

/** The project's model policy first, then the token's grant, which only narrows it. Null: allowed. */
export const checkModelPolicy = ({ caller, provider, model, client }: PolicyQuestion): Refusal | null => {
  const policy = caller.project.policy.router;
  if (policy) {
    if (!policyAllowsClient(policy, client)) return refusals.clientNotAllowed(client);
    const allowed = model === null ? policyAllowsProvider(policy, provider) : policyAllowsModel(policy, provider, model);
    if (!allowed) return refusals.modelNotInPolicy(model ?? `${provider}/*`);
  }
  const grant = caller.llmGrant;
  if (grant === null) return null;
  const granted = model === null ? llmGrantAllowsProvider(grant, provider) : llmGrantAllows(grant, provider, model);
  return granted ? null : refusals.modelNotGranted(model ?? provider);
};

/** Which models of a provider the caller may see; null: all. */
export const visibleModels = (caller: Caller, provider: string): ((model: string) => boolean) | null => {
  const policy = caller.project.policy.router;
  const grant = caller.llmGrant;
  const restricted = (policy?.allowedModels ?? null) !== null || (grant !== null && grant.models !== null);
  if (!restricted) return null;
  return (model) => (!policy || policyAllowsModel(policy, provider, model)) && (grant === null || llmGrantAllows(grant, provider, model));
};
