/**
 * Reads a few top-level members of a JSON object straight from its bytes. Coding agents send bodies of 40 to 120 KB of which the relay needs
 * three or four values; building the whole tree costs more than forwarding the request. For every valid JSON object the result equals
 * `JSON.parse`. Text that is not well formed at the top level, or whose brackets or strings do not close, is refused; what stands inside
 * nested values is the provider's to judge.
 */

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const MAX_DEPTH = 1_000;
/** After so many words without quote or backslash the native search takes over: its call costs about as much. */
const LONG_RUN_WORDS = 32;
/** The same byte in all four places of a word. */
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;

export type JsonProblem = 'not_an_object' | 'malformed' | 'truncated' | 'too_deep' | 'duplicate_member';

/** Where one wanted member stands; `end` is exclusive. Both -1 when it is absent. */
export interface Span {
  start: number;
  end: number;
}

export type TopLevel = { problem: JsonProblem; member?: string } | { problem: null; spans: Span[]; firstMember: number };

/** The names to look for, prepared once at start-up. */
export interface WantedMembers {
  names: readonly string[];
  bytes: readonly Buffer[];
  /** No key longer than this can be a wanted one: `\\u0061` is the longest way to write a character. */
  maxEscapedBytes: number;
}

export const wantMembers = (...names: string[]): WantedMembers => ({
  names,
  bytes: names.map((name) => Buffer.from(name)),
  maxEscapedBytes: 6 * Math.max(...names.map((name) => name.length)),
});

/**
 * Finds the wanted top-level members. A wanted member that stands twice is a problem of its own: two readers could pick
 * different ones, and so a policy could be passed with one value and the call made with the other.
 * @returns spans in the order of `wanted.names`, and where the first member (or the closing brace) begins
 */
export const findTopLevel = (json: Buffer, wanted: WantedMembers): TopLevel => {
  const spans: Span[] = wanted.names.map(() => ({ start: -1, end: -1 }));
  // Nearly all bytes of a large body are in strings, and those are skipped four at a time.
  const shift = shiftOf(json);
  const words = wordsOf(json, shift);
  let at = skipSpace(json, 0);
  if (json[at] !== OPEN_BRACE) return { problem: at >= json.length ? 'truncated' : 'not_an_object' };
  at = skipSpace(json, at + 1);
  const firstMember = at;
  if (json[at] === CLOSE_BRACE) return endsAt(json, at + 1) ? { problem: null, spans, firstMember } : { problem: 'malformed' };
  for (;;) {
    if (json[at] !== QUOTE) return { problem: at >= json.length ? 'truncated' : 'malformed' };
    const keyEnd = skipString(json, words, shift, at + 1);
    if (keyEnd < 0) return { problem: 'truncated' };
    const index = wantedIndex(json, at, keyEnd, wanted);
    if (index === MALFORMED_KEY) return { problem: 'malformed' };
    at = skipSpace(json, keyEnd);
    if (json[at] !== COLON) return { problem: at >= json.length ? 'truncated' : 'malformed' };
    const start = skipSpace(json, at + 1);
    const end = skipValue(json, words, shift, start);
    if (end < 0) return { problem: PROBLEMS[-end - 1]! };
    if (index >= 0) {
      const span = spans[index]!;
      if (span.start >= 0) return { problem: 'duplicate_member', member: wanted.names[index]! };
      span.start = start;
      span.end = end;
    }
    at = skipSpace(json, end);
    if (json[at] === COMMA) {
      at = skipSpace(json, at + 1);
      continue;
    }
    if (json[at] !== CLOSE_BRACE) return { problem: at >= json.length ? 'truncated' : 'malformed' };
    return endsAt(json, at + 1) ? { problem: null, spans, firstMember } : { problem: 'malformed' };
  }
};

/** The member's value, or undefined when it is absent. Throws SyntaxError when the value is not JSON. */
export const valueAt = (json: Buffer, span: Span | undefined): unknown =>
  span === undefined || span.start < 0 ? undefined : (JSON.parse(json.toString('utf8', span.start, span.end)) as unknown);

/** The member's value when it is a string, without parsing where there is nothing to unescape. */
export const stringAt = (json: Buffer, span: Span | undefined): string | null => {
  if (span === undefined || span.start < 0 || json[span.start] !== QUOTE) return null;
  const text = json.toString('utf8', span.start, span.end);
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
};

/** True when the member is there and is an object. */
export const isObjectAt = (json: Buffer, span: Span | undefined): span is Span => span !== undefined && span.start >= 0 && json[span.start] === OPEN_BRACE;

/**
 * Calls back with where each element of an array stands, without building any of them.
 * @returns how many there are; null when the value is no array
 */
export const eachElement = (json: Buffer, span: Span | undefined, visit: (element: Span) => void): number | null => {
  if (span === undefined || span.start < 0 || json[span.start] !== OPEN_BRACKET) return null;
  const shift = shiftOf(json);
  const words = wordsOf(json, shift);
  let at = skipSpace(json, span.start + 1);
  if (json[at] === CLOSE_BRACKET) return 0;
  for (let count = 1; ; count++) {
    const end = skipValue(json, words, shift, at, CLOSE_BRACKET);
    if (end < 0) return null;
    visit({ start: at, end });
    at = skipSpace(json, end);
    if (json[at] === CLOSE_BRACKET) return at === span.end - 1 ? count : null;
    if (json[at] !== COMMA) return null;
    at = skipSpace(json, at + 1);
  }
};

export const countElements = (json: Buffer, span: Span | undefined): number | null => eachElement(json, span, () => undefined);

/** Bytes before the first whole word. */
const shiftOf = (json: Buffer): number => -json.byteOffset & 3;

const wordsOf = (json: Buffer, shift: number): Uint32Array => new Uint32Array(json.buffer, json.byteOffset + shift, Math.max(0, json.length - shift) >> 2);

const PROBLEMS: readonly JsonProblem[] = ['truncated', 'malformed', 'too_deep'];
const TRUNCATED = -1;
const MALFORMED = -2;
const TOO_DEEP = -3;

const NOT_WANTED = -1;
const MALFORMED_KEY = -2;

const wantedIndex = (json: Buffer, keyStart: number, keyEnd: number, wanted: WantedMembers): number => {
  const length = keyEnd - keyStart - 2;
  if (length > wanted.maxEscapedBytes) return NOT_WANTED;
  for (let at = keyStart + 1; at < keyEnd; at++) {
    if (json[at] === BACKSLASH) return escapedIndex(json.toString('utf8', keyStart, keyEnd), wanted);
  }
  for (let index = 0; index < wanted.bytes.length; index++) {
    const name = wanted.bytes[index]!;
    if (name.length === length && json.compare(name, 0, length, keyStart + 1, keyEnd - 1) === 0) return index;
  }
  return NOT_WANTED;
};

const escapedIndex = (key: string, wanted: WantedMembers): number => {
  try {
    return wanted.names.indexOf(JSON.parse(key) as string);
  } catch {
    return MALFORMED_KEY;
  }
};

const skipSpace = (json: Buffer, from: number): number => {
  let at = from;
  for (;;) {
    const byte = json[at];
    if (byte !== SPACE && byte !== LF && byte !== CR && byte !== TAB) return at;
    at++;
  }
};

const endsAt = (json: Buffer, from: number): boolean => skipSpace(json, from) === json.length;

/**
 * Skips four bytes at a time what holds neither a quote nor a backslash.
 * @returns the index after the closing quote, or TRUNCATED
 */
const skipString = (json: Buffer, words: Uint32Array, shift: number, from: number): number => {
  let at = from;
  for (;;) {
    const byte = json[at];
    if (byte === QUOTE) return at + 1;
    if (byte === undefined) return TRUNCATED;
    at += byte === BACKSLASH ? 2 : 1;
    if (((at - shift) & 3) !== 0) continue;
    const start = (at - shift) >> 2;
    const end = Math.min(words.length, start + LONG_RUN_WORDS);
    let word = start;
    while (word < end) {
      // The classic test for a zero byte in a word: zero where the bytes were equal.
      const quotes = words[word]! ^ QUOTES;
      const escapes = words[word]! ^ BACKSLASHES;
      if ((((quotes - ONES) & ~quotes) | ((escapes - ONES) & ~escapes)) & HIGH_BITS) break;
      word++;
    }
    at = (word << 2) + shift;
    if (word - start === LONG_RUN_WORDS) return skipLongString(json, at);
  }
};

const skipLongString = (json: Buffer, from: number): number => {
  let quote = json.indexOf(QUOTE, from);
  while (quote >= 0) {
    let escape = quote;
    while (escape > from && json[escape - 1] === BACKSLASH) escape--;
    if ((quote - escape) % 2 === 0) return quote + 1;
    quote = json.indexOf(QUOTE, quote + 1);
  }
  return TRUNCATED;
};

/** @returns the index after the value, or TRUNCATED, MALFORMED, TOO_DEEP */
const skipValue = (json: Buffer, words: Uint32Array, shift: number, from: number, scalarEnd: number = CLOSE_BRACE): number => {
  const byte = json[from];
  if (byte === QUOTE) return skipString(json, words, shift, from + 1);
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return skipNested(json, words, shift, from);
  return skipScalar(json, from, scalarEnd);
};

/** Kinds of the open brackets. Shared: the scan is synchronous. */
const open = new Uint8Array(MAX_DEPTH);

const skipNested = (json: Buffer, words: Uint32Array, shift: number, from: number): number => {
  let depth = 0;
  let at = from;
  while (at < json.length) {
    const byte = json[at]!;
    if (byte === QUOTE) {
      at = skipString(json, words, shift, at + 1);
      if (at < 0) return TRUNCATED;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === MAX_DEPTH) return TOO_DEEP;
      // The closing bracket of either kind is its opening one plus two in ASCII.
      open[depth++] = byte + 2;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (open[--depth] !== byte) return MALFORMED;
      if (depth === 0) return at + 1;
    }
    at++;
  }
  return TRUNCATED;
};

const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

const skipScalar = (json: Buffer, from: number, scalarEnd: number): number => {
  let at = from;
  while (at < json.length) {
    const byte = json[at]!;
    if (byte === COMMA || byte === scalarEnd || byte === SPACE || byte === LF || byte === CR || byte === TAB) break;
    at++;
  }
  if (at === json.length) return TRUNCATED;
  return SCALAR.test(json.toString('latin1', from, at)) ? at : MALFORMED;
};
