import { parsePicoUsd } from '../money.js';
import type { PriceTable } from '../price-table.js';
import { JsonNumber, parseExactJson } from './exact-json.js';
import { meaningOf, traitsOf } from './field-meaning.js';
import type { PriceUnit, ProviderTraits } from './field-meaning.js';

/** One price of the file. */
export interface CommunityPrice {
  provider: string;
  model: string;
  type: string;
  unit: PriceUnit;
  /** For one unit of the usage type. */
  picoUsd: bigint;
}

/** Something that was not taken over, and of whom. */
export interface Skipped {
  what: string;
  reason: string;
  names: string[];
}

export interface CommunityPrices {
  prices: CommunityPrice[];
  skipped: Skipped[];
}

type Entry = Readonly<Record<string, unknown>>;
type Skip = (what: string, reason: string, name: string) => void;

/** The file's names of the providers that are served here. */
const providerNames = new Map([
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['xai', 'grok'],
]);

const EXAMPLE = 'sample_spec';
const LONGEST_NAME = 128;
const WEB_SEARCHES = 'web_search_requests';
const ZERO = 'is 0: what is meant to be free has to be said by hand';
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
  const byModel = new Map<string, CommunityPrice[]>();
  for (const [key, entry] of Object.entries(file)) {
    if (key === EXAMPLE) continue;
    if (!isObject(entry)) skip('entry', 'is no object', key);
    else readEntry(key, entry, { table, only, skip, byModel });
  }
  return { prices: [...byModel.values()].flat(), skipped: [...skipped.values()] };
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
  byModel: Map<string, CommunityPrice[]>;
}

const readEntry = (key: string, entry: Entry, { table, only, skip, byModel }: EntryContext): void => {
  const theirs = textOf(entry['litellm_provider']);
  if (theirs === null) return only === null ? skip('entry', 'names no provider', key) : undefined;
  const provider = providerNames.get(theirs);
  const traits = provider === undefined ? undefined : traitsOf(table, provider);
  if (only !== null && provider !== only) return undefined;
  if (provider === undefined || traits === undefined) return skip(`provider ${theirs}`, 'not served here', key);
  const name = key.startsWith(`${theirs}/`) ? key.slice(theirs.length + 1) : key;
  if (name === '' || name.length > LONGEST_NAME || /[/\s]|^ft:/.test(name)) return skip('entry', 'no request names its model like this', key);
  const broken = brokenPriceOf(entry);
  if (broken !== null) return skip('entry', broken, key);
  const prices = pricesOfEntry(entry, traits, (what, reason) => skip(what, reason, key));
  if (prices.length === 0) return skip('entry', 'holds no price that is understood', key);
  const aliases = Array.isArray(entry['aliases']) ? entry['aliases'].filter((alias) => typeof alias === 'string' && alias.length <= LONGEST_NAME && /^[^\s/]+$/.test(alias)) : [];
  for (const model of [name, ...(aliases as string[])]) {
    const id = JSON.stringify([provider, model]);
    // An entry of its own says more than the alias of another, and the bare name more than the prefixed one.
    if (byModel.has(id) && model !== key) skip('entry', 'the model has prices under another name already', key);
    else byModel.set(id, prices.map((price) => ({ provider, model, ...price })));
  }
  return undefined;
};

/** Without one of these a model would be half free. */
const MAIN_FIELDS = ['input_cost_per_token', 'output_cost_per_token'];

/** @returns null when the main prices are absent, null, 0, or prices */
const brokenPriceOf = (entry: Entry): string | null => {
  for (const field of MAIN_FIELDS) {
    const value = entry[field] ?? null;
    const price = value === null ? null : exactPrice(value, 1n);
    if (price !== null && 'reason' in price && price.reason !== ZERO) return `its ${field} ${price.reason}`;
  }
  return null;
};

type Priced = Pick<CommunityPrice, 'type' | 'unit' | 'picoUsd'>;

const pricesOfEntry = (entry: Entry, traits: ProviderTraits, skip: (what: string, reason: string) => void): Priced[] => {
  const mode = textOf(entry['mode']);
  return Object.entries(entry).flatMap(([field, value]): Priced[] => {
    if (value === null) return [];
    const meaning = meaningOf(field, mode, traits);
    if (meaning.kind === 'information') return [];
    if (meaning.kind === 'skipped') return (skip(field, meaning.reason), []);
    const price = meaning.kind === 'search' ? searchPriceOf(value) : { type: meaning.type, unit: meaning.unit, ...exactPrice(value, meaning.times) };
    if ('reason' in price) return (skip(field, price.reason), []);
    return [price];
  });
};

/** @param times how often the price has to be taken for one of our units */
const exactPrice = (value: unknown, times: bigint): { picoUsd: bigint } | { reason: string } => {
  if (!(value instanceof JsonNumber)) return { reason: 'is no number' };
  if (value.text.startsWith('-')) return { reason: 'is negative' };
  const picoUsd = parsePicoUsd(value.text, 1n);
  if (picoUsd === undefined) return { reason: 'is not a whole number of pico-dollars (1e-12 US$)' };
  if (picoUsd === 0n) return { reason: ZERO };
  return picoUsd > HIGHEST_PICO_USD ? { reason: 'is too high to be a price' } : { picoUsd: picoUsd * times };
};

/** The count of searches says nothing of the size of what was found, so there must be one price for all sizes. */
const searchPriceOf = (value: unknown): Priced | { reason: string } => {
  const sizes = isObject(value) ? Object.values(value).map((price) => exactPrice(price, 1n)) : [];
  const [first] = sizes;
  if (first === undefined) return { reason: 'holds no prices' };
  if ('reason' in first) return first;
  if (!sizes.every((size) => 'picoUsd' in size && size.picoUsd === first.picoUsd)) return { reason: 'depends on the size of the search context' };
  return { type: WEB_SEARCHES, unit: 'perUnitUsd', picoUsd: first.picoUsd };
};
