/** A number of a JSON text, as it was written: a price such as 2.5e-06 must not pass through a float. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

/**
 * JSON with every number as `JsonNumber`.
 * @throws SyntaxError for what is not JSON, RangeError for what is nested too deeply
 */
export const parseExactJson = (text: string): unknown =>
  JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? new JsonNumber(context?.source ?? String(value)) : value,
  );
