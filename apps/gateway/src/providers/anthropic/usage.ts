import { isObjectAt, wantMembers } from '../../wire/json-facts.js';
import type { UsageReader, UsageReading } from '../provider.js';
import { membersOf, textAt, usageAt } from '../usage-object.js';

type Usage = Record<string, unknown>;

const MESSAGE = wantMembers('usage', 'model');
const STREAM_EVENT = wantMembers('type', 'usage', 'message');

/**
 * Messages: a stream reports usage first in `message_start` and then, cumulatively, in every `message_delta`. The counts are
 * totals so far, so the largest of each is the truth; adding them up would bill the input several times. Where the model of the start declined in
 * the middle of its answer and another one took over, the end counts what the other one used, and `iterations` has both.
 */
export class MessageUsage implements UsageReader {
  private usage: Usage | null = null;
  private model: string | null = null;
  private final = false;

  body(json: Buffer): void {
    this.read(json);
    this.final = this.usage !== null;
  }

  event(data: Buffer): boolean {
    const spans = membersOf(data, STREAM_EVENT);
    if (spans === null) return false;
    const [type, usage, message] = spans;
    if (isObjectAt(data, message)) this.read(data.subarray(message.start, message.end));
    this.add(usageAt(data, usage));
    if (textAt(data, type) === 'message_delta') this.final = true;
    return false;
  }

  reading(): UsageReading {
    const tier = this.usage?.['service_tier'];
    return { usage: this.usage, model: this.model, serviceTier: typeof tier === 'string' ? tier : null, final: this.final };
  }

  private read(message: Buffer): void {
    const spans = membersOf(message, MESSAGE);
    if (spans === null) return;
    this.add(usageAt(message, spans[0]));
    this.model = textAt(message, spans[1]) ?? this.model;
  }

  private add(usage: Usage | null): void {
    if (usage === null) return;
    const server = fallbackModel(usage);
    const isTakenOver = server !== null && this.model !== null && server !== this.model;
    this.usage = this.usage === null ? usage : largestOfEach(isTakenOver ? withoutTokens(this.usage) : this.usage, usage);
    this.model = server ?? this.model;
  }
}

/** The model that answered in the place of one that declined, which `message_start` may have named. */
const fallbackModel = ({ iterations }: Usage): string | null => {
  const run: unknown = Array.isArray(iterations) ? iterations.findLast((each) => isObject(each) && each['type'] === 'fallback_message') : null;
  return isObject(run) && typeof run['model'] === 'string' ? run['model'] : null;
};

const withoutTokens = (usage: Usage): Usage => Object.fromEntries(Object.entries(usage).filter(([name, value]) => typeof value !== 'number' && name !== 'cache_creation'));

/** Merges cumulative reports: the larger number, the newer text, nested objects alike. A list is the newer one as a whole: it says what the numbers are made of. */
export const largestOfEach = (earlier: Usage, later: Usage): Usage => {
  const merged: Usage = { ...earlier };
  for (const [name, value] of Object.entries(later)) {
    const known = merged[name];
    if (typeof known === 'number' && typeof value === 'number') merged[name] = Math.max(known, value);
    else if (isObject(known) && isObject(value)) merged[name] = largestOfEach(known, value);
    else if (value !== null) merged[name] = value;
  }
  return merged;
};

const isObject = (value: unknown): value is Usage => typeof value === 'object' && value !== null && !Array.isArray(value);
