/** An exact, never negative number. Seven seconds are 7/60 of a minute, and no decimal holds that. */
export interface Exact {
  readonly numerator: bigint;
  /** Positive. */
  readonly denominator: bigint;
}

export const ZERO: Exact = { numerator: 0n, denominator: 1n };

const LARGEST_COUNT = BigInt(Number.MAX_SAFE_INTEGER);
const LONGEST_TEXT = 64;
const DECIMAL = /^(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,2}))?$/;

export const exactInteger = (value: bigint): Exact => ({ numerator: value, denominator: 1n });

export const isZero = (value: Exact): boolean => value.numerator === 0n;

export const addExact = (a: Exact, b: Exact): Exact =>
  a.denominator === b.denominator
    ? { numerator: a.numerator + b.numerator, denominator: a.denominator }
    : { numerator: a.numerator * b.denominator + b.numerator * a.denominator, denominator: a.denominator * b.denominator };

/** `a - b`, and zero where that would be negative. */
export const subtractToZero = (a: Exact, b: Exact): Exact => {
  const numerator = a.numerator * b.denominator - b.numerator * a.denominator;
  return numerator <= 0n ? ZERO : { numerator, denominator: a.denominator * b.denominator };
};

export const largerExact = (a: Exact, b: Exact): Exact => addExact(b, subtractToZero(a, b));

export const smallerExact = (a: Exact, b: Exact): Exact => subtractToZero(a, subtractToZero(a, b));

export const divideExact = (value: Exact, by: bigint): Exact => ({ numerator: value.numerator, denominator: value.denominator * by });

/** Reads a plain or scientific decimal without a sign. Undefined for anything else. */
export const parseDecimal = (text: string): Exact | undefined => {
  if (text.length > LONGEST_TEXT) return undefined;
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const fraction = match[2] ?? '';
  const digits = BigInt(match[1] + fraction);
  const exponent = Number(match[3] ?? 0) - fraction.length;
  return exponent >= 0 ? exactInteger(digits * 10n ** BigInt(exponent)) : { numerator: digits, denominator: 10n ** BigInt(-exponent) };
};

/**
 * A count or duration as providers write it in JSON: a number or its decimal text.
 * Undefined when it is negative, not a number, or beyond 2^53, where JSON numbers are no longer what was sent.
 */
export const toExact = (value: unknown): Exact | undefined => {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value < 0 ? undefined : exactInteger(BigInt(value));
    return value > 0 && value < Number.MAX_SAFE_INTEGER ? parseDecimal(String(value)) : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const parsed = parseDecimal(value.trim());
  return parsed === undefined || parsed.numerator > LARGEST_COUNT * parsed.denominator ? undefined : parsed;
};
