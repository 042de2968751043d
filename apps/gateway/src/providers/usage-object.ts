import { type Span, type TopLevel, type WantedMembers, findTopLevel, isObjectAt, stringAt, valueAt } from '../wire/json-facts.js';

/** The wanted members of a JSON object, or null when the bytes are no JSON object. Answers are the provider's: a bad one is not an error of ours. */
export const membersOf = (json: Buffer, wanted: WantedMembers): Span[] | null => {
  const found: TopLevel = findTopLevel(json, wanted);
  return found.problem === null ? found.spans : null;
};

/** The usage object at the span, or null when there is none. */
export const usageAt = (json: Buffer, span: Span | undefined): Record<string, unknown> | null =>
  isObjectAt(json, span) ? (parseOrNull(json, span) as Record<string, unknown> | null) : null;

/** A string member of the provider's answer; null when it is absent, no string or not JSON. */
export const textAt = (json: Buffer, span: Span | undefined): string | null => {
  try {
    return stringAt(json, span);
  } catch {
    return null;
  }
};

const parseOrNull = (json: Buffer, span: Span): unknown => {
  try {
    return valueAt(json, span);
  } catch {
    return null;
  }
};
