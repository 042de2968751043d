/**
 * The same JSON value with text that every store takes: PostgreSQL refuses NUL and lone surrogates, and both can be smuggled into
 * an event by a caller (a participant's name, a request field) who would then not be billed.
 */
export const toStorable = (value: unknown): unknown => {
  if (typeof value === 'string') return storableText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toStorable);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), toStorable(inner)]));
};

const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', '\u{fffd}');
