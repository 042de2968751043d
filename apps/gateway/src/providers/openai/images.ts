import { countElements, wantMembers } from '../../wire/json-facts.js';
import type { Endpoint, RequestFactsOfPrice, UsageReader, UsageReading } from '../provider.js';
import { membersOf, textAt, usageAt } from '../usage-object.js';

type Usage = Record<string, unknown>;

const ANSWER = wantMembers('usage', 'data');
const EVENT = wantMembers('type', 'usage');
const COMPLETED = new Set(['image_generation.completed', 'image_edit.completed']);

/** Generations, edits and variations. In a stream each finished image reports its own usage; without any, images are charged by the piece. */
class ImageUsage implements UsageReader {
  private usage: Usage | null = null;
  private imageCount: number | undefined;

  body(json: Buffer): void {
    const spans = membersOf(json, ANSWER);
    if (spans === null) return;
    this.usage = usageAt(json, spans[0]);
    this.imageCount = countElements(json, spans[1]) ?? undefined;
  }

  event(data: Buffer): boolean {
    const spans = membersOf(data, EVENT);
    if (spans === null || !COMPLETED.has(textAt(data, spans[0]) ?? '')) return false;
    const usage = usageAt(data, spans[1]);
    if (usage !== null) this.usage = this.usage === null ? usage : sumOf(this.usage, usage);
    this.imageCount = (this.imageCount ?? 0) + 1;
    return false;
  }

  reading(): UsageReading {
    const reading: UsageReading = { usage: this.usage, model: null, serviceTier: null, final: this.usage !== null };
    return this.imageCount === undefined ? reading : { ...reading, imageCount: this.imageCount };
  }
}

const isObject = (value: unknown): value is Usage => typeof value === 'object' && value !== null && !Array.isArray(value);

const sumOf = (one: Usage, other: Usage): Usage => {
  const sum: Usage = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const known = sum[name];
    if (typeof known === 'number' && typeof value === 'number') sum[name] = known + value;
    else if (isObject(known) && isObject(value)) sum[name] = sumOf(known, value);
    else sum[name] ??= value;
  }
  return sum;
};

export const image: Pick<Endpoint, 'usageReader' | 'fields'> = {
  usageReader: () => new ImageUsage(),
  fields: {
    wanted: wantMembers('size', 'quality'),
    facts: (field) => {
      const facts: RequestFactsOfPrice = {};
      const [size, quality] = [field('size'), field('quality')];
      if (size !== null) facts.imageSize = size;
      if (quality !== null) facts.imageQuality = quality;
      return facts;
    },
  },
};
