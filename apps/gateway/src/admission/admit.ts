import { llmGrantAllows, llmGrantAllowsProvider } from '@llm-proxy/shared-auth';
import type { Caller } from '../credentials/caller.js';
import type { Endpoint, Provider } from '../providers/index.js';
import { type Refusal, refusals } from '../refusals.js';
import type { CurrentPrices } from './prices.js';

export interface AdmissionDeps {
  prices: CurrentPrices;
  /** False when a finished call could not be recorded: then none is started. */
  canRecordUsage: () => boolean;
}

export interface AdmissionQuestion {
  caller: Caller;
  provider: Provider;
  endpoint: Pick<Endpoint, 'billable'>;
  model: string | null;
  serviceTier: string | null;
}

/** May this call go upstream? Null: yes. Everything here is answered from memory. */
export const admit = (deps: AdmissionDeps, question: AdmissionQuestion): Refusal | null => {
  const { caller, provider, endpoint, model, serviceTier } = question;
  if (!caller.project.policy.enabled) return refusals.projectDisabled;
  if (caller.llmGrant !== null && !isGranted(caller.llmGrant, provider.name, model)) return refusals.modelNotGranted(model ?? provider.name);
  if (model !== null && !deps.prices.current().isAvailable(provider.name, model, serviceTier)) {
    return refusals.modelNotPriced(provider.title, model, serviceTier);
  }
  if (endpoint.billable && !deps.canRecordUsage()) return refusals.usageNotRecordable;
  return null;
};

const isGranted = (grant: NonNullable<Caller['llmGrant']>, provider: string, model: string | null): boolean =>
  model === null ? llmGrantAllowsProvider(grant, provider) : llmGrantAllows(grant, provider, model);
