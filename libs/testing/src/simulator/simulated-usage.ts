import type { SimulatorControl } from './control.js';
import type { JsonObject } from './provider.js';

const CHARACTERS_PER_TOKEN = 4;

/** Fields that hold what a model reads, in the requests of both providers. */
const READ_FIELDS = new Set(['messages', 'input', 'instructions', 'system', 'tools', 'content', 'text', 'output', 'arguments', 'description', 'parameters', 'input_schema']);

export const tokensOfText = (characters: number): number => Math.ceil(characters / CHARACTERS_PER_TOKEN);

const counted = new WeakMap<object, number>();

/** Deterministic: a quarter of the characters a model would read, at least one token. Requests with equal bodies share the count. */
export const inputTokensOf = (json: Readonly<JsonObject>): number => {
  const known = counted.get(json);
  if (known !== undefined) return known;
  const tokens = Math.max(1, tokensOfText(charactersRead(json)));
  counted.set(json, tokens);
  return tokens;
};

const charactersRead = (value: unknown): number => {
  if (typeof value === 'string') return value.length;
  // A number among texts is a token of an already tokenised input.
  if (typeof value === 'number') return CHARACTERS_PER_TOKEN;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + charactersRead(item), 0);
  if (value === null || typeof value !== 'object') return 0;
  return Object.entries(value).reduce((sum, [field, inner]) => (READ_FIELDS.has(field) ? sum + charactersRead(inner) : sum), 0);
};

/**
 * The usage an answer reports: the simulator's own, with what the caller dictates laid over it.
 * @param complete mends what follows from the dictated fields, e.g. totals
 * @returns null when the caller wants none
 */
export const reportedUsage = <Usage extends object>(
  own: Usage,
  { usage, exactUsage }: SimulatorControl,
  complete: (usage: Usage, dictated: JsonObject) => Usage,
): Usage | null => {
  if (usage === null) return null;
  if (usage === undefined) return own;
  return exactUsage ? (usage as Usage) : complete(layOver(own as JsonObject, usage) as Usage, usage);
};

const layOver = (below: JsonObject, above: JsonObject): JsonObject => {
  const merged: JsonObject = { ...below };
  for (const [field, value] of Object.entries(above)) {
    const inner = merged[field];
    merged[field] = isObject(inner) && isObject(value) ? layOver(inner, value) : value;
  }
  return merged;
};

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
