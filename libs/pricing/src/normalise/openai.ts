import { ZERO, isZero, subtractToZero } from '../exact-number.js';
import type { Exact } from '../exact-number.js';
import type { PricedModel } from '../priced-model.js';
import { audioMinutes } from './audio-minutes.js';
import { otherQuantities } from './other-quantities.js';
import { objectOf, readCount, readFirstCount } from './quantity.js';
import type { JsonObject, Quantity, Reading } from './quantity.js';

const IMAGES_PATH = '/v1/images/';

const known = new Set([
  'input_tokens',
  'prompt_tokens',
  'output_tokens',
  'completion_tokens',
  'input_token_details',
  'input_tokens_details',
  'prompt_tokens_details',
  'output_token_details',
  'output_tokens_details',
  'completion_tokens_details',
]);

const firstObject = (usage: JsonObject, a: string, b: string, c: string): JsonObject | undefined =>
  objectOf(usage[a]) ?? objectOf(usage[b]) ?? objectOf(usage[c]);

/** The details only break the aggregate down, so whatever they do not claim for another modality is text. */
const inputQuantities = (usage: JsonObject, reading: Reading): Quantity[] => {
  const details = firstObject(usage, 'input_token_details', 'input_tokens_details', 'prompt_tokens_details');
  const cachedDetails = objectOf(details?.['cached_tokens_details']);
  const aggregate = readFirstCount(usage, ['input_tokens', 'prompt_tokens'], reading) ?? ZERO;
  const audio = readCount(details, 'audio_tokens', reading) ?? ZERO;
  const image = readCount(details, 'image_tokens', reading) ?? ZERO;
  const cached = readCount(details, 'cached_tokens', reading) ?? ZERO;
  const cachedAudio = readCount(cachedDetails, 'audio_tokens', reading) ?? ZERO;
  const cachedImage = readCount(cachedDetails, 'image_tokens', reading) ?? ZERO;
  const cachedText = readCount(cachedDetails, 'text_tokens', reading) ?? subtractToZero(subtractToZero(cached, cachedAudio), cachedImage);
  const written = readCount(details, 'cache_write_tokens', reading) ?? ZERO;
  const text = readCount(details, 'text_tokens', reading) ?? subtractToZero(subtractToZero(aggregate, audio), image);
  return [
    { type: 'cached_tokens', amount: cachedText },
    { type: 'audio_cached_tokens', amount: cachedAudio },
    { type: 'image_cached_tokens', amount: cachedImage },
    { type: 'cache_write_tokens', amount: written },
    { type: 'input_tokens', amount: subtractToZero(subtractToZero(text, cachedText), written) },
    { type: 'audio_input_tokens', amount: subtractToZero(audio, cachedAudio) },
    { type: 'image_input_tokens', amount: subtractToZero(image, cachedImage) },
  ];
};

interface OutputCounts {
  aggregate: Exact | undefined;
  text: Exact | undefined;
  audio: Exact | undefined;
  image: Exact | undefined;
}

const textOutput = ({ aggregate, text, audio, image }: OutputCounts): Exact =>
  text ?? subtractToZero(subtractToZero(aggregate ?? ZERO, audio ?? ZERO), image ?? ZERO);

/** Reasoning is part of the text output; it is a quantity of its own only where no output count was given. */
const outputQuantities = (usage: JsonObject, endpoint: string, reading: Reading): Quantity[] => {
  const details = firstObject(usage, 'output_token_details', 'output_tokens_details', 'completion_tokens_details');
  const counts: OutputCounts = {
    aggregate: readFirstCount(usage, ['output_tokens', 'completion_tokens'], reading),
    text: readCount(details, 'text_tokens', reading),
    audio: readCount(details, 'audio_tokens', reading),
    image: readCount(details, 'image_tokens', reading),
  };
  const isImageOnly = endpoint.startsWith(IMAGES_PATH) && counts.text === undefined && counts.image === undefined;
  if (isImageOnly) return [{ type: 'image_output_tokens', amount: counts.aggregate ?? ZERO }];
  const quantities: Quantity[] = [
    { type: 'output_tokens', amount: textOutput(counts) },
    { type: 'audio_output_tokens', amount: counts.audio ?? ZERO },
    { type: 'image_output_tokens', amount: counts.image ?? ZERO },
  ];
  if (counts.aggregate !== undefined || counts.text !== undefined) return quantities;
  const reasoning = readFirstCount(details, ['reasoning_tokens'], reading);
  return reasoning === undefined ? quantities : [...quantities, { type: 'reasoning_tokens', amount: reasoning }];
};

/**
 * The counts of OpenAI's usage object and of those who copy its shape: chat completions, responses, embeddings, realtime, images,
 * transcriptions. Every token is counted once: cached and written ones are taken out of the input, other modalities out of the text.
 */
export const normaliseOpenAi = (usage: JsonObject, endpoint: string, model: PricedModel, reading: Reading): Quantity[] => {
  const minutes = audioMinutes(usage, model, reading);
  if (minutes !== undefined) return [{ type: 'audio_minutes', amount: minutes }];
  const quantities = [...inputQuantities(usage, reading), ...outputQuantities(usage, endpoint, reading)];
  for (const other of otherQuantities(usage, known, model, reading)) {
    const isCounted = quantities.some(({ type, amount }) => type === other.type && !isZero(amount));
    if (!isCounted) quantities.push(other);
  }
  return quantities;
};
