/**
 * Reads a few top-level members of a JSON object straight from its bytes. Coding agents send bodies of 40 to 120 KB of which the relay needs
 * three or four values; building the whole tree costs more than forwarding the request. For every valid JSON object the result equals
 * `JSON.parse`. Text that is not well formed at the top level, or whose brackets or strings do not close, is refused; what stands inside
 * nested values is the provider's to judge.
 */
import { MALFORMED, TRUNCATED, lookAnew, skipNested, skipString as skipLongString } from './json-skip.js';

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

/** A string that goes on longer than this is left to the scan of whole blocks. */
const SHORT_STRING_BYTES = 32;

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
  lookAnew();
  const found = walkTopLevel(json, wanted);
  lookAnew();
  return found;
};

const walkTopLevel = (json: Buffer, wanted: WantedMembers): TopLevel => {
  const spans: Span[] = wanted.names.map(() => ({ start: -1, end: -1 }));
  let at = skipSpace(json, 0);
  if (json[at] !== OPEN_BRACE) return { problem: at >= json.length ? 'truncated' : 'not_an_object' };
  at = skipSpace(json, at + 1);
  const firstMember = at;
  if (json[at] === CLOSE_BRACE) return endsAt(json, at + 1) ? { problem: null, spans, firstMember } : { problem: 'malformed' };
  for (;;) {
    if (json[at] !== QUOTE) return { problem: at >= json.length ? 'truncated' : 'malformed' };
    const keyEnd = skipString(json, at + 1);
    if (keyEnd < 0) return { problem: 'truncated' };
    const index = wantedIndex(json, at, keyEnd, wanted);
    if (index === MALFORMED_KEY) return { problem: 'malformed' };
    at = skipSpace(json, keyEnd);
    if (json[at] !== COLON) return { problem: at >= json.length ? 'truncated' : 'malformed' };
    const start = skipSpace(json, at + 1);
    const end = skipValue(json, start);
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

/** True when the member is written exactly so. */
export const isWritten = (json: Buffer, span: Span | undefined, text: Buffer): boolean =>
  span !== undefined && span.start >= 0 && span.end - span.start === text.length && json.compare(text, 0, text.length, span.start, span.end) === 0;

/** True when the member is there and is an object. */
export const isObjectAt = (json: Buffer, span: Span | undefined): span is Span => span !== undefined && span.start >= 0 && json[span.start] === OPEN_BRACE;

/**
 * Calls back with where each element of an array stands, without building any of them.
 * @returns how many there are; null when the value is no array
 */
export const eachElement = (json: Buffer, span: Span | undefined, visit: (element: Span) => void): number | null => {
  lookAnew();
  const count = walkElements(json, span, visit);
  lookAnew();
  return count;
};

const walkElements = (json: Buffer, span: Span | undefined, visit: (element: Span) => void): number | null => {
  if (span === undefined || span.start < 0 || json[span.start] !== OPEN_BRACKET) return null;
  let at = skipSpace(json, span.start + 1);
  if (json[at] === CLOSE_BRACKET) return 0;
  for (let count = 1; ; count++) {
    const end = skipValue(json, at, CLOSE_BRACKET);
    if (end < 0) return null;
    visit({ start: at, end });
    at = skipSpace(json, end);
    if (json[at] === CLOSE_BRACKET) return at === span.end - 1 ? count : null;
    if (json[at] !== COMMA) return null;
    at = skipSpace(json, at + 1);
  }
};

export const countElements = (json: Buffer, span: Span | undefined): number | null => eachElement(json, span, () => undefined);

/** In the order of TRUNCATED, MALFORMED, TOO_DEEP. */
const PROBLEMS: readonly JsonProblem[] = ['truncated', 'malformed', 'too_deep'];

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

/** @returns the index after the closing quote, or TRUNCATED */
const skipString = (json: Buffer, from: number): number => {
  const short = Math.min(json.length, from + SHORT_STRING_BYTES);
  for (let at = from; at < short; at++) {
    if (json[at] === QUOTE) return at + 1;
    if (json[at] === BACKSLASH) break;
  }
  return skipLongString(json, from);
};

/** @returns the index after the value, or TRUNCATED, MALFORMED, TOO_DEEP */
const skipValue = (json: Buffer, from: number, scalarEnd: number = CLOSE_BRACE): number => {
  const byte = json[from];
  if (byte === QUOTE) return skipString(json, from + 1);
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return skipNested(json, from);
  return skipScalar(json, from, scalarEnd);
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
