import type { UsageData } from '@llm-proxy/usage-schema';
import { readCount } from './quantity.js';
import type { Quantity, Reading } from './quantity.js';

/** Image models that can be charged by the piece, and the quality they use when none is asked for; null: the type does not name it. */
const defaultQualities: ReadonlyMap<string, string | null> = new Map([
  ['gpt-image-1.5', 'medium'],
  ['chatgpt-image-latest', 'medium'],
  ['gpt-image-1', 'medium'],
  ['gpt-image-1-mini', 'medium'],
  ['dall-e-3', 'standard'],
  ['dall-e-2', null],
]);

/** The usage type of images charged by count, e.g. `images_hd_1792x1024`; null for models that are never charged that way. */
export const imageCountType = (model: string, size: string | null, quality: string | null): string | null => {
  const defaultQuality = defaultQualities.get(model);
  if (defaultQuality === undefined) return null;
  const namedSize = size?.trim() || '1024x1024';
  return defaultQuality === null ? `images_${namedSize}` : `images_${quality?.trim().toLowerCase() || defaultQuality}_${namedSize}`;
};

/** What can be charged when the answer holds no usage: the characters of a speech request, or the images that came back. */
export const quantitiesOfRequest = (model: string, facts: UsageData['requestFacts'], reading: Reading): Quantity[] => {
  const characters = readCount(facts, 'inputCharacters', reading);
  if (characters !== undefined) return [{ type: 'input_characters', amount: characters }];
  const type = imageCountType(model, facts.imageSize ?? null, facts.imageQuality ?? null);
  const images = type === null ? undefined : readCount(facts, 'imageCount', reading);
  return type === null || images === undefined ? [] : [{ type, amount: images }];
};
