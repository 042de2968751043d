import type { PriceTable } from '../price-table.js';
import { LONG } from '../usage-type.js';

type UsageFormat = 'openai' | 'anthropic';

/** What of a provider decides how its fields read; from the price table. */
export interface ProviderTraits {
  usageFormat: UsageFormat;
  serviceTiers: ReadonlySet<string>;
  /** Suffixes of paths that are charged by their input alone. */
  inputOnlySuffixes: ReadonlySet<string>;
  /** Suffix of the discounted prices of batches; null: batches have no price here. */
  batchSuffix: string | null;
  /** In tokens; null: the provider has no long context. */
  longContextThreshold: bigint | null;
}

export type PriceUnit = 'perMillionUsd' | 'perUnitUsd';

/** From how many tokens on a price for a long context holds, or why that cannot be said here. */
export type LongStart = { tokens: bigint } | { reason: string };

/** What a field of the community file says, in terms of ours. */
export type FieldMeaning =
  | { kind: 'information' }
  /** The price is for one unit of `type` when it is taken `times` times. `long`: null but for prices of a long context. */
  | { kind: 'price'; type: string; unit: PriceUnit; times: bigint; long: LongStart | null }
  | { kind: 'search' }
  /** By how much all token prices are multiplied when the usage object says so. */
  | { kind: 'multiples' }
  | { kind: 'skipped'; reason: string }
  /** Without what it says the rest of the entry would charge too little. */
  | { kind: 'indispensable'; reason: string };

const perToken = new Map<string, Partial<Record<UsageFormat, string>>>([
  ['input_cost_per_token', { openai: 'input_tokens', anthropic: 'input_tokens' }],
  ['output_cost_per_token', { openai: 'output_tokens', anthropic: 'output_tokens' }],
  ['cache_read_input_token_cost', { openai: 'cached_tokens', anthropic: 'cache_read_input_tokens' }],
  ['cache_creation_input_token_cost', { openai: 'cache_write_tokens', anthropic: 'cache_creation_input_tokens' }],
  ['cache_creation_input_token_cost_above_1hr', { anthropic: 'cache_creation_1h_input_tokens' }],
  ['input_cost_per_audio_token', { openai: 'audio_input_tokens' }],
  ['output_cost_per_audio_token', { openai: 'audio_output_tokens' }],
  ['cache_read_input_audio_token_cost', { openai: 'audio_cached_tokens' }],
  ['cache_creation_input_audio_token_cost', {}],
  ['input_cost_per_image_token', { openai: 'image_input_tokens' }],
  ['output_cost_per_image_token', { openai: 'image_output_tokens' }],
  ['cache_read_input_image_token_cost', { openai: 'image_cached_tokens' }],
  ['input_cost_per_character', { openai: 'input_characters' }],
]);

const longestFirst = [...perToken.keys()].sort((a, b) => b.length - a.length);
const PER_TOKEN = new RegExp(`^(?<base>${longestFirst.join('|')})(?:_above_(?<start>[a-z0-9]+)_tokens)?(?:_(?<variant>[a-z0-9]+))?$`);
const THOUSANDS = /^([1-9]\d{0,4})k$/;

/** Whatever else a field is called, it changes nothing about what is charged. */
const ABOUT_MONEY = /cost|pric|multiplier|uplift|discount|billing|free_requests|(^|_)fees?(_|$)|^provider_specific_entry$/;

const SECONDS_IN_MINUTE = 60n;
const BATCHES = 'batches';
const modesInSeconds: ReadonlySet<string | null> = new Set(['audio_transcription', 'realtime']);

export const NOT_UNDERSTOOD = 'not understood';

/** Why fields that are prices are not taken over; others are not understood. */
const knownButUnsupported: readonly (readonly [RegExp, string])[] = [
  [/^output_cost_per_reasoning_token/, 'reasoning tokens are part of the output tokens'],
  [/^cache_creation_input_token_cost_above_12hr/, 'cache writes are charged alike, however long they are kept'],
  [/^output_cost_per_second/, 'no usage is counted in seconds of output'],
  [/^(in|out)put_cost_per_(image|pixel)(?!_token)/, 'prices by image depend on size and quality: write them by hand as images_<quality>_<size>'],
  [/^code_interpreter_cost_per_session$/, 'sessions of the code interpreter are not counted'],
  [/_uplift_multiplier|^provider_specific_entry$/, 'a multiple for some requests, and the usage of the provider does not tell which'],
];

const skipped = (reason: string): FieldMeaning => ({ kind: 'skipped', reason });
const indispensable = (reason: string): FieldMeaning => ({ kind: 'indispensable', reason });

/** @param mode of the entry, e.g. `chat` or `audio_transcription` */
export const meaningOf = (field: string, mode: string | null, traits: ProviderTraits): FieldMeaning => {
  if (!ABOUT_MONEY.test(field)) return { kind: 'information' };
  if (field === 'search_context_cost_per_query') return traits.usageFormat === 'anthropic' ? { kind: 'search' } : skipped('the provider does not report how often it searched');
  if (field === 'provider_specific_entry' && traits.usageFormat === 'anthropic') return { kind: 'multiples' };
  if (field === 'input_cost_per_second' && modesInSeconds.has(mode)) return { kind: 'price', type: 'audio_minutes', unit: 'perUnitUsd', times: SECONDS_IN_MINUTE, long: null };
  if (field === 'tiered_pricing') return indispensable('its prices by ranges of tokens are not understood');
  if (/^input_cost_per_(request|query|text_message)$/.test(field)) return indispensable('it is charged by the request too, which is not counted');
  const unsupported = knownButUnsupported.find(([name]) => name.test(field));
  return unsupported === undefined ? meaningOfTokens(field, traits) : skipped(unsupported[1]);
};

const meaningOfTokens = (field: string, traits: ProviderTraits): FieldMeaning => {
  const { base, start, variant } = PER_TOKEN.exec(field)?.groups ?? {};
  if (base === undefined) return skipped(NOT_UNDERSTOOD);
  const type = perToken.get(base)?.[traits.usageFormat];
  if (type === undefined) return skipped('the provider does not report such a count');
  const suffix = variant === undefined ? undefined : suffixOf(variant, type, traits);
  if (typeof suffix === 'object') return suffix;
  const long = start === undefined ? null : longStartOf(start, traits);
  return { kind: 'price', type: [type, suffix, long && LONG].filter((part) => typeof part === 'string').join('_'), unit: 'perMillionUsd', times: 1n, long };
};

const longStartOf = (start: string, { longContextThreshold }: ProviderTraits): LongStart => {
  const thousands = THOUSANDS.exec(start)?.[1];
  if (thousands === undefined) return { reason: `it has prices for a long context that begins at "${start}", which is not understood` };
  if (longContextThreshold === null) return { reason: 'it has prices for a long context, and the provider has none here' };
  return { tokens: BigInt(thousands) * 1000n };
};

/** @returns our suffix, or why there is none */
const suffixOf = (variant: string, type: string, { serviceTiers, inputOnlySuffixes, batchSuffix }: ProviderTraits): string | FieldMeaning => {
  if (variant === BATCHES) return batchSuffix ?? skipped('batches of the provider have no prices of their own here');
  if (inputOnlySuffixes.has(variant)) return type === 'input_tokens' ? variant : skipped(`${variant} are charged by all their input at one price`);
  return serviceTiers.has(variant) ? variant : skipped(`the provider has no service tier "${variant}" here`);
};

/** @returns undefined for a provider without prices */
export const traitsOf = (table: PriceTable, provider: string): ProviderTraits | undefined => {
  const rules = table.rules(provider);
  return (
    rules && {
      usageFormat: rules.usageFormat,
      serviceTiers: rules.serviceTiers,
      inputOnlySuffixes: new Set(rules.inputOnlyPaths.values()),
      batchSuffix: [...rules.discounts.keys()][0] ?? null,
      longContextThreshold: rules.longContextThreshold,
    }
  );
};
