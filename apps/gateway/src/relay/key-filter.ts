import { REDACTED } from './key-echo.js';

/**
 * Keys shorter than this are left alone: real ones are longer, and what servers without credentials are given ("ollama", "not-needed")
 * are words that answers may well use.
 */
const SHORTEST_KEY = 16;

const EMPTY: Buffer = Buffer.alloc(0);

interface Spelling {
  bytes: Buffer;
  /** As long as the spelling, so that `content-length` and offsets hold. */
  stars: Buffer;
}

interface Cleaned {
  /** Of the same length; the same buffer when nothing was taken out. */
  bytes: Buffer;
  /** Up to here it will stay as it is, whatever comes next. */
  settled: number;
}

/**
 * A provider key, made ready to be found in many answers: as it is, and as a JSON string spells it. Made once an upstream.
 * Takes out what begins first and, of two that begin together, what ends first, so that chunks cannot make a difference.
 */
export class StreamedKey {
  private readonly spellings: readonly Spelling[];
  private readonly longest: number;
  /** Bytes that the key can begin with, and those that a beginning of it can end with. */
  private readonly begins = new Uint8Array(256);
  private readonly inside = new Uint8Array(256);

  constructor(apiKey: string) {
    const ways = [...new Set([apiKey, JSON.stringify(apiKey).slice(1, -1)])].map((way) => Buffer.from(way)).filter(({ length }) => length >= SHORTEST_KEY);
    this.spellings = ways.sort((a, b) => a.length - b.length).map((bytes) => ({ bytes, stars: Buffer.from(REDACTED.padEnd(bytes.length, '*')) }));
    this.longest = this.spellings.at(-1)?.bytes.length ?? 0;
    for (const { bytes } of this.spellings) {
      this.begins[bytes[0]!] = 1;
      for (const byte of bytes.subarray(0, -1)) this.inside[byte] = 1;
    }
  }

  /** @returns the same buffer when the key is not in it, else a copy of the same length */
  hideIn(whole: Buffer): Buffer {
    return this.clean(whole, true).bytes;
  }

  clean(bytes: Buffer, isWhole: boolean): Cleaned {
    let clean = bytes;
    for (let from = 0; ; ) {
      const unsure = isWhole ? bytes.length : this.unsureFrom(bytes, from);
      const found = this.find(bytes, from);
      if (found === null || found.at > unsure) return { bytes: clean, settled: unsure };
      if (clean === bytes) clean = Buffer.from(bytes);
      found.spelling.stars.copy(clean, found.at);
      from = found.at + found.spelling.bytes.length;
    }
  }

  /** Where something begins that becomes the key when the right bytes come; the length when nothing does. */
  private unsureFrom(bytes: Buffer, from: number): number {
    const end = bytes.length;
    if (end === from || this.inside[bytes[end - 1]!] === 0) return end;
    for (let start = Math.max(from, end - this.longest + 1); start < end; start++) {
      if (this.begins[bytes[start]!] === 0) continue;
      for (const spelling of this.spellings) if (isBeginning(bytes, start, spelling.bytes)) return start;
    }
    return end;
  }

  private find(bytes: Buffer, from: number): { at: number; spelling: Spelling } | null {
    let first: { at: number; spelling: Spelling } | null = null;
    for (const spelling of this.spellings) {
      const at = bytes.indexOf(spelling.bytes, from);
      if (at >= 0 && (first === null || at < first.at)) first = { at, spelling };
    }
    return first;
  }
}

/** Is what stands from `start` to the end the beginning of the spelling? Not when it is all of it. */
const isBeginning = (bytes: Buffer, start: number, spelling: Buffer): boolean => {
  const length = bytes.length - start;
  if (length >= spelling.length) return false;
  for (let index = 0; index < length; index++) if (bytes[start + index] !== spelling[index]) return false;
  return true;
};

/**
 * Takes the provider key out of an answer that is passed on while it comes. Every other byte goes out as it came, and at once: only an end
 * of a chunk that may be the beginning of the key waits for the next one.
 */
export class KeyFilter {
  private held: Buffer = EMPTY;

  constructor(private readonly key: StreamedKey) {}

  push(chunk: Buffer): Buffer {
    const arrived = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const { bytes, settled } = this.key.clean(arrived, false);
    if (settled === bytes.length) {
      this.held = EMPTY;
      return bytes;
    }
    this.held = arrived.subarray(settled);
    return bytes.subarray(0, settled);
  }

  /** @returns the last of the answer, with what still waited */
  end(chunk: Buffer = EMPTY): Buffer {
    const last = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    this.held = EMPTY;
    return this.key.hideIn(last);
  }
}
