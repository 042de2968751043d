import { LONG } from '../priced-model.js';
import type { PriceTable } from '../price-table.js';

type UsageFormat = 'openai' | 'anthropic';

/** What of a provider decides how its fields read; from the price table. */
export interface ProviderTraits {
  usageFormat: UsageFormat;
  serviceTiers: ReadonlySet<string>;
  /** Suffix of the discounted prices of batches; null: batches have no price here. */
  batchSuffix: string | null;
  /** In tokens. */
  longContextThreshold: bigint | null;
}

export type PriceUnit = 'perMillionUsd' | 'perUnitUsd';

/** What a field of the community file says, in terms of ours. */
export type FieldMeaning =
  | { kind: 'information' }
  /** The price is for one unit of `type` when it is taken `times` times. */
  | { kind: 'price'; type: string; unit: PriceUnit; times: bigint }
  | { kind: 'search' }
  | { kind: 'skipped'; reason: string };

const perToken = new Map<string, Partial<Record<UsageFormat, string>>>([
  ['input_cost_per_token', { openai: 'input_tokens', anthropic: 'input_tokens' }],
  ['output_cost_per_token', { openai: 'output_tokens', anthropic: 'output_tokens' }],
  ['cache_read_input_token_cost', { openai: 'cached_tokens', anthropic: 'cache_read_input_tokens' }],
  ['cache_creation_input_token_cost', { openai: 'cache_write_tokens', anthropic: 'cache_creation_input_tokens' }],
  ['cache_creation_input_token_cost_above_1hr', { anthropic: 'cache_creation_1h_input_tokens' }],
  ['input_cost_per_audio_token', { openai: 'audio_input_tokens' }],
  ['output_cost_per_audio_token', { openai: 'audio_output_tokens' }],
  ['cache_read_input_audio_token_cost', { openai: 'audio_cached_tokens' }],
  ['input_cost_per_image_token', { openai: 'image_input_tokens' }],
  ['output_cost_per_image_token', { openai: 'image_output_tokens' }],
  ['cache_read_input_image_token_cost', { openai: 'image_cached_tokens' }],
  ['input_cost_per_character', { openai: 'input_characters' }],
]);

const SUFFIXES = /^(?<base>.+?)(?:_above_(?<thousands>\d{1,5})k_tokens)?(?:_(?<tier>batches|flex|priority|ultrafast))?$/;

const informationNames = new Set(
  'aliases comment deprecation_date display_name litellm_provider metadata mode notes output_vector_size rpm source tool_use_system_prompt_tokens tpm'.split(' '),
);
const isInformation = (field: string): boolean => informationNames.has(field) || /^(max|supports?|supported)_/.test(field);

const SECONDS_IN_MINUTE = 60n;

/** Why fields that are prices are not taken over; others are "not understood". */
const knownButUnsupported = new Map([
  ['output_cost_per_reasoning_token', 'reasoning tokens are part of the output tokens'],
  ['output_cost_per_second', 'no usage is counted in seconds of output'],
  ['input_cost_per_image', 'images of a request are charged by their tokens'],
  ['output_cost_per_image', 'prices by image depend on size and quality: write them by hand as images_<quality>_<size>'],
]);

const skipped = (reason: string): FieldMeaning => ({ kind: 'skipped', reason });

/** @param mode of the entry, e.g. `chat` or `audio_transcription` */
export const meaningOf = (field: string, mode: string | null, traits: ProviderTraits): FieldMeaning => {
  if (isInformation(field)) return { kind: 'information' };
  if (field === 'search_context_cost_per_query') return traits.usageFormat === 'anthropic' ? { kind: 'search' } : skipped('the provider does not report how often it searched');
  if (field === 'input_cost_per_second' && mode === 'audio_transcription') return { kind: 'price', type: 'audio_minutes', unit: 'perUnitUsd', times: SECONDS_IN_MINUTE };
  const unsupported = knownButUnsupported.get(field);
  if (unsupported !== undefined) return skipped(unsupported);
  return meaningOfTokens(field, traits);
};

const meaningOfTokens = (field: string, traits: ProviderTraits): FieldMeaning => {
  const { base = '', thousands, tier } = SUFFIXES.exec(field)?.groups ?? {};
  const types = perToken.get(base);
  if (types === undefined) return skipped('not understood');
  const type = types[traits.usageFormat];
  if (type === undefined) return skipped('the provider does not report such a count');
  const suffix = tier === 'batches' ? traits.batchSuffix : tier;
  if (suffix === null) return skipped('batches of the provider have no prices of their own here');
  if (suffix !== undefined && tier !== 'batches' && !traits.serviceTiers.has(suffix)) return skipped(`the provider has no service tier "${suffix}" here`);
  if (thousands !== undefined && BigInt(thousands) * 1000n !== traits.longContextThreshold) {
    return skipped(`a long context begins at ${traits.longContextThreshold ?? 'no number of'} tokens here`);
  }
  return { kind: 'price', type: [type, suffix, thousands && LONG].filter((part) => part !== undefined).join('_'), unit: 'perMillionUsd', times: 1n };
};

/** @returns undefined for a provider without prices */
export const traitsOf = (table: PriceTable, provider: string): ProviderTraits | undefined => {
  const models = table.models(provider).map((model) => table.lookup(provider, model)!);
  const rules = models[0]?.rules;
  return (
    rules && {
      usageFormat: rules.usageFormat,
      serviceTiers: rules.serviceTiers,
      batchSuffix: [...rules.discountedPaths.values()][0] ?? null,
      longContextThreshold: models.find(({ longContext }) => longContext !== null)?.longContext?.threshold ?? null,
    }
  );
};
