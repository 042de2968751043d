import type { Estimate } from './provider.js';

/** English prose and code have about four bytes a token in every tokenizer of the providers; other scripts have fewer, so this is a lower bound there. */
const BYTES_PER_TOKEN = 4;

/** Members that no model reads as text: names, ids, settings, and what is encoded. */
const NOT_TEXT = new Set([
  'model', 'type', 'role', 'id', 'event_id', 'call_id', 'tool_call_id', 'tool_use_id', 'previous_response_id', 'data', 'audio', 'file_data', 'file_id', 'image_url', 'url', 'media_type',
  'signature', 'encrypted_content', 'metadata', 'client_metadata', 'prompt_cache_key', 'safety_identifier', 'user', 'service_tier', 'speed', 'inference_geo', 'include', 'format', 'encoding_format',
]);

export const tokensOf = (bytes: number): number => Math.ceil(bytes / BYTES_PER_TOKEN);

/** Bytes of the text in a JSON request, encoded files and settings left out; 0 when it cannot be read. */
export const requestTextBytes = (request: Buffer): number => {
  try {
    return textBytes(JSON.parse(request.toString()));
  } catch {
    return 0;
  }
};

const textBytes = (value: unknown): number => {
  if (typeof value === 'string') return value.startsWith('data:') ? 0 : Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textBytes(item), 0);
  return Object.entries(value).reduce((sum, [name, inner]) => (NOT_TEXT.has(name) ? sum : sum + textBytes(inner)), 0);
};

/** For answers of text: input by what was asked, output by what arrived. Both rules of `libs/pricing` read the two names. */
export const textEstimate = (...answerText: string[]): Estimate => ({
  answerText,
  usage: (request, answerTextBytes) => ({ input_tokens: tokensOf(requestTextBytes(request)), output_tokens: tokensOf(answerTextBytes) }),
});

/** A stream of the Responses API has pieces; all that repeats them later has other names. Its body has what the pieces make. */
export const responseEstimate = (): Estimate => ({ ...textEstimate('delta'), bodyText: ['text', 'arguments', 'refusal'] });
