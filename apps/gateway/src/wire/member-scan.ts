const LF = 0x0a;
const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;

const USAGE = Buffer.from('usage');

/** A string that goes on longer than this is left to the native search, which costs as much as so many steps here. */
const SHORT_STRING_BYTES = 128;

/**
 * Looks at the members of JSON texts, straight from the bytes and in one pass: it runs on every piece of every answer, and there it is the call of a
 * native search that costs, not the bytes. It counts the bytes of strings under certain names, for an estimate, and notices a usage object.
 * Escapes count as they are written. What is around the texts, as in an event stream, does no harm.
 */
export class MemberScan {
  private counted = 0;
  private readonly names: readonly Buffer[];

  /** @param names members whose strings are counted */
  constructor(names: readonly string[]) {
    this.names = names.map((name) => Buffer.from(name));
  }

  /** Of the strings under the names, so far. */
  get textBytes(): number {
    return this.counted;
  }

  /**
   * @param piece whole events, or what there is of the last one
   * @returns whether a member `usage` holds an object
   */
  look(piece: Buffer): boolean {
    let seesUsage = false;
    for (let at = 0; at < piece.length; at++) {
      if (piece[at] !== QUOTE) continue;
      const start = at + 1;
      at = stringEnd(piece, start);
      if (piece[at] !== QUOTE) continue;
      const colon = skipSpace(piece, at + 1);
      if (piece[colon] !== COLON) continue;
      const value = skipSpace(piece, colon + 1);
      if (piece[value] === OPEN_BRACE) {
        seesUsage ||= isSame(piece, start, at, USAGE);
        at = value;
      } else if (piece[value] === QUOTE) {
        const end = stringEnd(piece, value + 1);
        if (this.isCounted(piece, start, at)) this.counted += end - value - 1;
        at = end;
      } else at = value - 1;
    }
    return seesUsage;
  }

  private isCounted(piece: Buffer, start: number, end: number): boolean {
    for (const name of this.names) if (isSame(piece, start, end, name)) return true;
    return false;
  }
}

const isSame = (bytes: Buffer, start: number, end: number, name: Buffer): boolean => {
  if (end - start !== name.length) return false;
  for (let index = 0; index < name.length; index++) if (bytes[start + index] !== name[index]) return false;
  return true;
};

const skipSpace = (bytes: Buffer, from: number): number => {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === LF || bytes[at] === 0x0d) at++;
  return at;
};

/** The closing quote; the end of the bytes when it has not come. No string goes over a line, so a quote that is none spoils no more than its line. */
const stringEnd = (bytes: Buffer, from: number): number => {
  const near = Math.min(from + SHORT_STRING_BYTES, bytes.length);
  for (let at = from; at < near; at++) {
    const byte = bytes[at];
    if (byte === QUOTE || byte === LF) return at;
    if (byte === BACKSLASH) at++;
  }
  return near === bytes.length ? near : farStringEnd(bytes, from);
};

const farStringEnd = (bytes: Buffer, from: number): number => {
  for (let quote = bytes.indexOf(QUOTE, from); quote >= 0; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let escape = quote;
    while (escape > from && bytes[escape - 1] === BACKSLASH) escape--;
    if ((quote - escape) % 2 === 0) return quote;
  }
  return bytes.length;
};
