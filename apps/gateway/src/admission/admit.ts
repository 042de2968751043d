import type { Caller } from '../credentials/caller.js';
import type { Endpoint, Provider } from '../providers/index.js';
import { type Refusal, refusals } from '../refusals.js';
import { checkModelPolicy } from './model-policy.js';
import type { CurrentPrices } from './prices.js';

export interface AdmissionDeps {
  prices: CurrentPrices;
  /** False when a finished call could not be recorded: then none is started. */
  canRecordUsage: () => boolean;
  /** Are answers let through that let the caller speak to the provider past the proxy? */
  allowsUnmetered: boolean;
}

export interface AdmissionQuestion {
  caller: Caller;
  provider: Provider;
  endpoint: Pick<Endpoint, 'billable' | 'path' | 'bypassesMetering' | 'models'>;
  model: string | null;
  /** Of a body that names many. */
  models: readonly string[];
  serviceTier: string | null;
  /** From `/v1` on. */
  path: string;
  /** User agent of the calling program. */
  client: string | null;
}

/** May this call go upstream? Null: yes. Everything here is answered from memory. */
export const admit = (deps: AdmissionDeps, question: AdmissionQuestion): Refusal | null => {
  const { caller, endpoint, model, models } = question;
  if (!caller.project.policy.enabled) return refusals.projectDisabled;
  if (endpoint.bypassesMetering === true && !(deps.allowsUnmetered && caller.llmGrant?.models == null)) return refusals.bypassesMetering(endpoint.path);
  const refusal = models.length === 0 ? admitModel(deps, question, model) : firstRefusal(models, (each) => admitModel(deps, question, each));
  if (refusal !== null) return refusal;
  if (endpoint.billable && !deps.canRecordUsage()) return refusals.usageNotRecordable;
  return null;
};

const admitModel = (deps: AdmissionDeps, { caller, provider, endpoint, serviceTier, path, client }: AdmissionQuestion, model: string | null): Refusal | null => {
  const refusal = checkModelPolicy({ caller, provider: provider.name, model: model ?? modelInPath(endpoint, path), client });
  if (refusal !== null) return refusal;
  if (model !== null && !deps.prices.current().isAvailable(provider.name, model, serviceTier)) {
    return refusals.modelNotPriced(provider.title, model, serviceTier);
  }
  return null;
};

const firstRefusal = (models: readonly string[], ask: (model: string) => Refusal | null): Refusal | null => {
  for (const model of models) {
    const refusal = ask(model);
    if (refusal !== null) return refusal;
  }
  return null;
};

/** `/v1/models/<model>`: asking about a model is as restricted as calling it. */
const modelInPath = (endpoint: Pick<Endpoint, 'path' | 'models'>, path: string): string | null => (endpoint.models === 'one' ? decode(path.slice(endpoint.path.length)) : null);

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
