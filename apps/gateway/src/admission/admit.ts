import type { Caller } from '../credentials/caller.js';
import type { Endpoint, Provider } from '../providers/index.js';
import { type Refusal, refusals } from '../refusals.js';
import { checkModelPolicy } from './model-policy.js';
import type { CurrentPrices } from './prices.js';

export interface AdmissionDeps {
  prices: CurrentPrices;
  /** False when a finished call could not be recorded: then none is started. */
  canRecordUsage: () => boolean;
}

export interface AdmissionQuestion {
  caller: Caller;
  provider: Provider;
  endpoint: Endpoint;
  model: string | null;
  serviceTier: string | null;
  /** From `/v1` on. */
  path: string;
  /** User agent of the calling program. */
  client: string | null;
}

/** May this call go upstream? Null: yes. Everything here is answered from memory. */
export const admit = (deps: AdmissionDeps, question: AdmissionQuestion): Refusal | null => {
  const { caller, provider, endpoint, model, serviceTier, path, client } = question;
  if (!caller.project.policy.enabled) return refusals.projectDisabled;
  const refusal = checkModelPolicy({ caller, provider: provider.name, model: model ?? modelInPath(endpoint, path), client });
  if (refusal !== null) return refusal;
  if (model !== null && !deps.prices.current().isAvailable(provider.name, model, serviceTier)) {
    return refusals.modelNotPriced(provider.title, model, serviceTier);
  }
  if (endpoint.billable && !deps.canRecordUsage()) return refusals.usageNotRecordable;
  return null;
};

/** `/v1/models/<model>`: asking about a model is as restricted as calling it. */
const modelInPath = (endpoint: Endpoint, path: string): string | null => (endpoint.models === 'one' ? decode(path.slice(endpoint.path.length)) : null);

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
