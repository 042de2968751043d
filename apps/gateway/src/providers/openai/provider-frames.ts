import { type Span, isObjectAt, wantMembers } from '../../wire/json-facts.js';
import type { UsageReading } from '../provider.js';
import { membersOf, textAt, usageAt } from '../usage-object.js';
import type { TurnStep } from '../web-socket.js';
import { imageToolUsage } from './image-tool.js';

/** A larger frame passes without being looked at. */
const MAX_LOOK_BYTES = 64 * 1024 * 1024;

const RESPONSE = wantMembers('id', 'usage', 'model', 'service_tier', 'status');
const ID = wantMembers('id');

/** `response.done` is what Realtime calls it; Responses ends with one of the others. */
const ENDS = new Set(['response.completed', 'response.done', 'response.incomplete', 'response.failed', 'response.cancelled']);

/**
 * One native search a marker: cheap enough for every frame. Deltas carry `response_id` and text, whose quotes are escaped,
 * so they have none of the markers.
 */
export const mentionsAny = (frame: Buffer, markers: readonly Buffer[]): boolean =>
  frame.length <= MAX_LOOK_BYTES && markers.some((marker) => frame.includes(marker));

export const turnOf = (type: string | null): TurnStep | null => {
  if (type === 'response.created') return 'started';
  if (type === 'error') return 'failed';
  return type !== null && ENDS.has(type) ? 'ended' : null;
};

/** Id of the `response` of a frame; null when it has none. */
export const responseIdAt = (frame: Buffer, span: Span | undefined): string | null => {
  if (!isObjectAt(frame, span)) return null;
  const response = frame.subarray(span.start, span.end);
  return textAt(response, membersOf(response, ID)?.[0]);
};

export interface EndedResponse {
  id: string | null;
  /** Its usage is null when an answer that came to its end reports none. */
  reading: UsageReading;
}

/** Statuses of answers that are charged; Responses also has them in the type of the frame. */
const WHOLE = new Set(['completed', 'incomplete']);
const TYPE_PREFIX = 'response.';

/** The `response` of a closing frame; null when there is nothing to charge. */
export const endedResponse = (frame: Buffer, span: Span | undefined, type: string): EndedResponse | null => {
  if (!isObjectAt(frame, span)) return null;
  const response = frame.subarray(span.start, span.end);
  const spans = membersOf(response, RESPONSE);
  if (spans === null) return null;
  const usage = usageAt(response, spans[1]);
  if (usage === null && !WHOLE.has(textAt(response, spans[4]) ?? type.slice(TYPE_PREFIX.length))) return null;
  const reading: UsageReading = { usage, model: textAt(response, spans[2]), serviceTier: textAt(response, spans[3]), final: true };
  const toolUsage = imageToolUsage(response);
  return { id: textAt(response, spans[0]), reading: toolUsage.length === 0 ? reading : { ...reading, toolUsage } };
};
