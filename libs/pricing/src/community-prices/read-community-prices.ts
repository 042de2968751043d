import { parsePicoUsd, roundPicoUsd } from '../money.js';
import type { PriceTable } from '../price-table.js';
import type { CommunityModel, CommunityPrices, ModelMultiple, Skip, Skipped } from './community-model.js';
import { readMultiples } from './community-multiples.js';
import { withoutPoorer } from './dated-models.js';
import { JsonNumber, parseExactJson } from './exact-json.js';
import { meaningOf, traitsOf } from './field-meaning.js';
import type { FieldMeaning, LongStart, ProviderTraits } from './field-meaning.js';
import { withOneThreshold } from './one-threshold.js';
import type { EntryPrice } from './one-threshold.js';

type Entry = Readonly<Record<string, unknown>>;

/** The file's names of the providers that are served here. */
const providerNames = new Map([
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['xai', 'grok'],
]);

/** Of other modes, such as videos, nothing is counted. */
const meteredModes = new Set(['chat', 'responses', 'embedding', 'image_generation', 'image_edit', 'audio_speech', 'audio_transcription', 'realtime', 'moderation']);

const EXAMPLE = 'sample_spec';
const LONGEST_NAME = 128;
const WEB_SEARCHES = 'web_search_requests';
/** Models that search the web for every request, which costs more than their tokens. */
const ALWAYS_SEARCHES = /-search-(api|preview)(-|$)/;
const ZERO = 'is 0: what is meant to be free has to be said by hand';
const NOT_WHOLE = 'is not a whole number of pico-dollars (1e-12 US$)';
/** A thousand US$ for one token, minute or search is no price. */
const HIGHEST_PICO_USD = 1_000_000_000_000_000n;

const isObject = (value: unknown): value is Entry => typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/**
 * Reads LiteLLM's `model_prices_and_context_window.json`: one object, by model name, with US$ per unit in fields named after the unit.
 * Prices are taken from the digits in the text, exactly.
 * @param table says which providers there are, and how they count
 * @param only our name of the one provider that is asked for
 * @throws Error when the text is not JSON, or not an object
 */
export const readCommunityPrices = (text: string, table: PriceTable, only: string | null = null): CommunityPrices => {
  const file = parseFile(text);
  const skipped = new Map<string, Skipped>();
  const skip: Skip = (what, reason, name) => {
    const key = JSON.stringify([what, reason]);
    const known = skipped.get(key) ?? { what, reason, names: [] };
    known.names.push(name);
    skipped.set(key, known);
  };
  const byModel = new Map<string, CommunityModel>();
  const notServed = new Map<string, number>();
  for (const [key, entry] of Object.entries(file)) {
    if (key === EXAMPLE) continue;
    if (!isObject(entry)) skip('entry', 'is no object', key);
    else readEntry(key, entry, { table, only, skip, byModel, notServed });
  }
  return { models: withoutPoorer([...byModel.values()], table, skip), skipped: [...skipped.values()], notServed };
};

const parseFile = (text: string): Entry => {
  let json: unknown;
  try {
    json = parseExactJson(text);
  } catch (error) {
    throw new Error(`the file is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isObject(json)) throw new Error('the file is not an object of models');
  return json;
};

interface EntryContext {
  table: PriceTable;
  only: string | null;
  skip: Skip;
  /** By provider and name. */
  byModel: Map<string, CommunityModel>;
  notServed: Map<string, number>;
}

const readEntry = (key: string, entry: Entry, { table, only, skip, byModel, notServed }: EntryContext): void => {
  const theirs = textOf(entry['litellm_provider']);
  if (theirs === null) return only === null ? skip('entry', 'names no provider', key) : undefined;
  const provider = providerNames.get(theirs);
  const traits = provider === undefined ? undefined : traitsOf(table, provider);
  if (only !== null && provider !== only) return undefined;
  if (provider === undefined || traits === undefined) return void notServed.set(theirs, (notServed.get(theirs) ?? 0) + 1);
  const name = key.startsWith(`${theirs}/`) ? key.slice(theirs.length + 1) : key;
  if (name === '' || name.length > LONGEST_NAME || /[/\s]|^ft:/.test(name)) return skip('entry', 'no request names its model like this', key);
  const mode = textOf(entry['mode']);
  if (mode !== null && !meteredModes.has(mode)) return skip('entry', `nothing of the mode ${mode} is counted`, key);
  if (traits.usageFormat !== 'anthropic' && ALWAYS_SEARCHES.test(name)) return skip('entry', 'it searches the web for every request, which the provider does not report', key);
  const read = readPrices(entry, mode, traits);
  if ('reason' in read) return skip('entry', read.reason, key);
  for (const { field, reason } of read.skipped) skip(field, reason, key);
  const { prices, longContextThreshold, multiples } = read;
  if (prices.length === 0) return skip('entry', 'holds no price that is understood', key);
  const aliases = Array.isArray(entry['aliases']) ? entry['aliases'].filter((alias) => typeof alias === 'string' && alias.length <= LONGEST_NAME && /^[^\s/]+$/.test(alias)) : [];
  for (const model of [name, ...(aliases as string[])]) {
    const id = JSON.stringify([provider, model]);
    // An entry of its own says more than the alias of another, and the bare name more than the prefixed one.
    if (byModel.has(id) && model !== key) skip('entry', 'the model has prices under another name already', key);
    else byModel.set(id, { provider, model, prices, longContextThreshold, multiples });
  }
  return undefined;
};

/** Without one of these a model would be half free. */
const mainFields = new Set(['input_cost_per_token', 'output_cost_per_token']);

type ReadPrices = Omit<CommunityModel, 'provider' | 'model'> & { skipped: { field: string; reason: string }[] };

/** @returns the reason when nothing of the entry may be taken */
const readPrices = (entry: Entry, mode: string | null, traits: ProviderTraits): ReadPrices | { reason: string } => {
  const found: EntryPrice[] = [];
  const multiples: ModelMultiple[] = [];
  const skipped: ReadPrices['skipped'] = [];
  for (const [field, value] of Object.entries(entry)) {
    const meaning = meaningOf(field, mode, traits);
    if (value === null) continue;
    if (meaning.kind === 'multiples') {
      const read = readMultiples(field, value);
      multiples.push(...read.multiples);
      skipped.push(...read.skipped);
      continue;
    }
    const read = readField(field, value, meaning);
    if (read === null) continue;
    if (!('reason' in read)) found.push(read);
    else if (read.isIndispensable) return { reason: read.reason };
    else skipped.push({ field, reason: read.reason });
  }
  const taken = withOneThreshold(found, traits.longContextThreshold);
  if ('reason' in taken) return taken;
  return { prices: taken.prices.map(({ type, unit, picoUsd }) => ({ type, unit, picoUsd })), longContextThreshold: taken.longContextThreshold, multiples, skipped };
};

interface Unread {
  reason: string;
  /** Whether the rest of the entry would charge too little. */
  isIndispensable: boolean;
}

const readField = (field: string, value: unknown, meaning: Exclude<FieldMeaning, { kind: 'multiples' }>): EntryPrice | Unread | null => {
  if (meaning.kind === 'information') return null;
  if (meaning.kind === 'skipped' || meaning.kind === 'indispensable') return { reason: meaning.reason, isIndispensable: meaning.kind === 'indispensable' };
  if (meaning.kind === 'search') {
    const price = searchPriceOf(value);
    return 'reason' in price ? { ...price, isIndispensable: false } : { type: WEB_SEARCHES, unit: 'perUnitUsd', picoUsd: price.picoUsd, long: null };
  }
  const { type, unit, times, long } = meaning;
  const price = exactPrice(value, times);
  if (!('reason' in price)) return { type, unit, picoUsd: price.picoUsd, long };
  return isNeeded(field, price.reason, long) ? { reason: `its ${field} ${price.reason}`, isIndispensable: true } : { reason: price.reason, isIndispensable: false };
};

/** A price for a long context is never free: without it the short one would be charged. */
const isNeeded = (field: string, reason: string, long: LongStart | null): boolean => long !== null || (mainFields.has(field) && reason !== ZERO);

/** @param times how often the price has to be taken for one of our units */
const exactPrice = (value: unknown, times: bigint): { picoUsd: bigint } | { reason: string } => {
  if (!(value instanceof JsonNumber)) return { reason: 'is no number' };
  if (value.text.startsWith('-')) return { reason: 'is negative' };
  if (parsePicoUsd(value.text, 1n) === 0n) return { reason: ZERO };
  const picoUsd = times === 1n ? parsePicoUsd(value.text, 1n) : roundPicoUsd(value.text, times);
  if (picoUsd === undefined || picoUsd === 0n) return { reason: NOT_WHOLE };
  return picoUsd > HIGHEST_PICO_USD ? { reason: 'is too high to be a price' } : { picoUsd };
};

/** The count of searches says nothing of the size of what was found, so there must be one price for all sizes. */
const searchPriceOf = (value: unknown): { picoUsd: bigint } | { reason: string } => {
  const sizes = isObject(value) ? Object.values(value).map((price) => exactPrice(price, 1n)) : [];
  const [first] = sizes;
  if (first === undefined) return { reason: 'holds no prices' };
  if ('reason' in first) return first;
  return sizes.every((size) => 'picoUsd' in size && size.picoUsd === first.picoUsd) ? first : { reason: 'depends on the size of the search context' };
};
