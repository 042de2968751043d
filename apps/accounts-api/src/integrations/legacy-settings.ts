import type { z } from 'zod';
import { AccountsError } from '../accounts.errors.js';
import type { Integration } from '../generated/client.js';
import { parseWith } from '../http/parse-with.js';
import { integrationProviders, type IntegrationProvider, integrationSchema } from './integrations.schema.js';

type Settings = Record<string, unknown>;

/** What a whole-object write does to one provider's integration. */
export type IntegrationChange = { provider: IntegrationProvider; set: z.infer<typeof integrationSchema> | null };

export interface LegacyWrite {
  changes: IntegrationChange[];
  /** What is left, to be kept as it is. */
  rest: Settings;
}

const apiKeyName = (provider: IntegrationProvider): string => `${provider.toUpperCase()}_API_KEY`;
const baseUrlName = (provider: IntegrationProvider): string => `${provider.toUpperCase()}_BASE_URL`;
const KNOWN = new Set(integrationProviders.flatMap((provider) => [apiKeyName(provider), baseUrlName(provider)]));
const SECRET_NAME = /(API_?KEY|SECRET|TOKEN|PASSWORD)$/i;

/**
 * Older clients write all settings as one object, with provider keys by their environment names, flat or under `env`. A key that is absent
 * stays as it is (it is never shown, so nobody can send it back), an empty one is removed.
 * @throws AccountsError `invalid_request`
 */
export const fromLegacySettings = (settings: Settings, stored: readonly Pick<Integration, 'provider' | 'baseUrl'>[]): LegacyWrite => {
  const env = isObject(settings['env']) ? settings['env'] : {};
  const named = { ...env, ...settings };
  const changes = integrationProviders.flatMap((provider) => changeOf(provider, named, stored.find((one) => one.provider === provider)));
  const rest = { ...without(settings), ...(isObject(settings['env']) ? { env: without(env) } : {}) };
  return { changes, rest };
};

/** The other way: base URLs by their names, and no keys. */
export const toLegacySettings = (rest: unknown, integrations: readonly Pick<Integration, 'provider' | 'baseUrl'>[]): Settings => ({
  ...(isObject(rest) ? rest : {}),
  ...Object.fromEntries(
    integrations.flatMap(({ provider, baseUrl }) => (baseUrl === null ? [] : [[baseUrlName(provider as IntegrationProvider), baseUrl]])),
  ),
});

const changeOf = (provider: IntegrationProvider, named: Settings, stored: { baseUrl: string | null } | undefined): IntegrationChange[] => {
  const apiKey = named[apiKeyName(provider)];
  const baseUrl = named[baseUrlName(provider)] || null;
  if (apiKey === undefined) {
    const unchanged = named[baseUrlName(provider)] === undefined || baseUrl === (stored?.baseUrl ?? null);
    if (unchanged) return [];
    throw new AccountsError('invalid_request', `${apiKeyName(provider)}: has to be sent along with a new ${baseUrlName(provider)}`);
  }
  if (apiKey === null || apiKey === '') return stored ? [{ provider, set: null }] : [];
  return [{ provider, set: parseWith(integrationSchema, { api_key: apiKey, base_url: baseUrl }) }];
};

const without = (settings: Settings): Settings => {
  const rest = Object.fromEntries(Object.entries(settings).filter(([name]) => !KNOWN.has(name)));
  const secret = Object.keys(rest).find((name) => SECRET_NAME.test(name));
  if (secret !== undefined) throw new AccountsError('invalid_request', `${secret}: not a key that this deployment keeps`);
  return rest;
};

const isObject = (value: unknown): value is Settings => typeof value === 'object' && value !== null && !Array.isArray(value);
