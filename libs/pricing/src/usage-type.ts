/** Suffix of the prices for a long context; always the last one. */
export const LONG = 'long';

export const isLongType = (type: string): boolean => type.endsWith(`_${LONG}`);

/** Without `_long`. */
export const shortOf = (type: string): string => (isLongType(type) ? type.slice(0, -LONG.length - 1) : type);

/** Puts a suffix where it belongs, which is before `_long`: `input_tokens_batch_long`. */
export const withSuffix = (type: string, suffix: string): string => `${shortOf(type)}_${suffix}${isLongType(type) ? `_${LONG}` : ''}`;

/** Tokens of any kind, with whatever suffixes. */
export const isTokenType = (type: string): boolean => /_tokens(_|$)/.test(type);
