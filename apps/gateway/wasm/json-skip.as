/**
 * Finds where a JSON string, object or array ends, 64 bytes at a time. AssemblyScript, a TypeScript for WebAssembly; `npm run wasm` compiles it
 * to `src/wire/json-skip.wasm.ts`. A value longer than the window is scanned window by window; what has to be remembered in between is global.
 *
 * The bits of a mask stand for the 64 bytes of a block, the lowest for the first. Which quotes are escaped and which bytes lie in strings is
 * computed for the whole block at once, as Langdale and Lemire describe ("Parsing Gigabytes of JSON per Second", 2019).
 */

const MAX_DEPTH: i32 = 1_000;
/** The closing brackets that are awaited come first in memory, then the window. */
const WINDOW: usize = 1_024;

const MORE: i32 = -1;
const MALFORMED: i32 = -2;
const TOO_DEEP: i32 = -3;

const BLOCK: usize = 64;
const ALL: u64 = 0xffff_ffff_ffff_ffff;
const ODD_BITS: u64 = 0xaaaa_aaaa_aaaa_aaaa;

let depth: i32 = 0;
/** All bits set while the next byte lies in a string. */
let inString: u64 = 0;
/** One while the next byte is escaped. */
let nextIsEscaped: u64 = 0;

/** Before the first window of a value. */
export function begin(): void {
  depth = 0;
  inString = 0;
  nextIsEscaped = 0;
}

/**
 * Scans the window's bytes `from`..`to`. The value must begin with its bracket.
 * @returns index after the value's closing bracket, or MORE, MALFORMED, TOO_DEEP
 */
export function skipNested(from: i32, to: i32): i32 {
  let at = WINDOW + from;
  const end = WINDOW + to;
  while (at < end) {
    const valid = validBits(at, end);
    const backslashes = bytesEqual(at, 0x5c) & valid;
    const quotes = bytesEqual(at, 0x22) & valid & ~escapedBits(backslashes, valid);
    const strings = throughEvenBits(quotes) ^ inString;
    inString = <u64>(<i64>strings >> 63);
    // Outside of strings JSON knows no backslash, and one before a quote would hide it from some readers.
    if ((backslashes & ~strings) != 0) return MALFORMED;
    if (strings != ALL) {
      const closed = followBrackets(at, brackets(at) & ~strings & valid);
      if (closed != 0) return closed;
    }
    at += BLOCK;
  }
  return MORE;
}

/**
 * Scans the window's bytes `from`..`to`, which lie in a string.
 * @returns index after the closing quote, or MORE
 */
export function skipString(from: i32, to: i32): i32 {
  let at = WINDOW + from;
  const end = WINDOW + to;
  while (at < end) {
    const valid = validBits(at, end);
    const escaped = escapedBits(bytesEqual(at, 0x5c) & valid, valid);
    const quotes = bytesEqual(at, 0x22) & valid & ~escaped;
    if (quotes != 0) return <i32>(at - WINDOW) + <i32>ctz(quotes) + 1;
    at += BLOCK;
  }
  return MORE;
}

/** @returns 0 while the value is open */
function followBrackets(at: usize, found: u64): i32 {
  let left = found;
  while (left != 0) {
    const place = at + <usize>ctz(left);
    left &= left - 1;
    const byte = load<u8>(place);
    // In ASCII, bit 1 tells an opening bracket from a closing one, which is its opening one plus two.
    if ((byte & 2) != 0) {
      if (depth == MAX_DEPTH) return TOO_DEEP;
      store<u8>(depth, byte + 2);
      depth++;
    } else {
      depth--;
      if (depth < 0 || load<u8>(depth) != byte) return MALFORMED;
      if (depth == 0) return <i32>(place - WINDOW) + 1;
    }
  }
  return 0;
}

/** The last block reaches beyond the bytes that are to be scanned. */
function validBits(at: usize, end: usize): u64 {
  return end - at < BLOCK ? ((<u64>1) << (<u64>(end - at))) - 1 : ALL;
}

function bytesEqual(at: usize, byte: i8): u64 {
  const wanted = i8x16.splat(byte);
  return bitsOf(
    i8x16.eq(v128.load(at, 0), wanted),
    i8x16.eq(v128.load(at, 16), wanted),
    i8x16.eq(v128.load(at, 32), wanted),
    i8x16.eq(v128.load(at, 48), wanted),
  );
}

/** Both kinds at once: a square bracket becomes a curly one when its bit 5 is set. */
function brackets(at: usize): u64 {
  return bitsOf(isBracket(v128.load(at, 0)), isBracket(v128.load(at, 16)), isBracket(v128.load(at, 32)), isBracket(v128.load(at, 48)));
}

function isBracket(bytes: v128): v128 {
  const curly = v128.or(bytes, i8x16.splat(0x20));
  return v128.or(i8x16.eq(curly, i8x16.splat(0x7b)), i8x16.eq(curly, i8x16.splat(0x7d)));
}

function bitsOf(a: v128, b: v128, c: v128, d: v128): u64 {
  return <u64>i8x16.bitmask(a) | ((<u64>i8x16.bitmask(b)) << 16) | ((<u64>i8x16.bitmask(c)) << 32) | ((<u64>i8x16.bitmask(d)) << 48);
}

/** The bytes that a backslash escapes: in a run of backslashes every second one, and what follows a run of odd length. */
function escapedBits(backslashes: u64, valid: u64): u64 {
  if ((backslashes | nextIsEscaped) == 0) return 0;
  const free = backslashes & ~nextIsEscaped;
  const ends = (((free << 1) | ODD_BITS) - free) ^ ODD_BITS;
  const escaped = ends ^ (backslashes | nextIsEscaped);
  nextIsEscaped = valid == ALL ? (ends & backslashes) >> 63 : u64((escaped & ~valid) != 0);
  return escaped;
}

/** Sets every bit from one set bit up to the next: the bytes of the strings, the opening quotes with them. */
function throughEvenBits(bits: u64): u64 {
  let result = bits;
  result ^= result << 1;
  result ^= result << 2;
  result ^= result << 4;
  result ^= result << 8;
  result ^= result << 16;
  result ^= result << 32;
  return result;
}
