/**
 * Cuts a server-sent event stream into whole events, whatever the chunking, and without decoding it.
 * Lines end with LF, CRLF or CR; an event ends with an empty line (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = Buffer.alloc(0);
const BLANK_LINE = Buffer.from('\n\n');
const DATA_FIELD = Buffer.from('data');

/** Calls back with every whole event, its empty line included. The unfinished rest is kept, up to a limit. */
export class SseEvents {
  private pieces: Buffer[] = [];
  private pendingBytes = 0;
  private broken = false;

  /** @param maxEventBytes an event longer than this is given up: from then on no event is found, and `overflowed` is true */
  constructor(private readonly maxEventBytes: number) {}

  get overflowed(): boolean {
    return this.broken;
  }

  /** What has come of the event that is not finished; it is forgotten here. */
  takeRest(): Buffer {
    const rest = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces);
    this.keep(EMPTY);
    return rest;
  }

  /**
   * @returns the whole events that ended in this chunk, as one block; empty when none did.
   * The block is a view of the chunk when nothing was pending, which is the usual case.
   */
  push(chunk: Buffer): Buffer {
    if (this.broken) return EMPTY;
    const end = this.pieces.length === 0 ? lastEventEnd(chunk) : this.endWithPending(chunk);
    if (end < 0) {
      this.append(chunk);
      return EMPTY;
    }
    if (this.pieces.length === 0) {
      this.keep(end === chunk.length ? EMPTY : chunk.subarray(end));
      return end === chunk.length ? chunk : chunk.subarray(0, end);
    }
    this.pieces.push(chunk.subarray(0, end));
    const block = Buffer.concat(this.pieces);
    this.keep(chunk.subarray(end));
    return block;
  }

  /** Where the last event ends in the chunk, when the empty line may have begun before it; negative when none does. */
  private endWithPending(chunk: Buffer): number {
    const last = this.pieces.at(-1)!;
    const before = last.length >= 3 || this.pieces.length === 1 ? last.subarray(-3) : Buffer.concat(this.pieces.slice(-3)).subarray(-3);
    return lastEventEnd(Buffer.concat([before, chunk])) - before.length;
  }

  private append(chunk: Buffer): void {
    if (chunk.length > 0) this.pieces.push(chunk);
    this.pendingBytes += chunk.length;
    this.broken = this.pendingBytes > this.maxEventBytes;
  }

  private keep(rest: Buffer): void {
    this.pieces = rest.length === 0 ? [] : [rest];
    this.pendingBytes = rest.length;
  }
}

/** @returns the index after the last empty line, or -1 */
const lastEventEnd = (bytes: Buffer): number => {
  // Mostly a chunk is one whole event.
  if (bytes[bytes.length - 1] === LF && bytes[bytes.length - 2] === LF) return bytes.length;
  if (bytes.indexOf(CR) < 0) {
    const at = bytes.lastIndexOf(BLANK_LINE);
    return at < 0 ? -1 : at + 2;
  }
  let end = -1;
  for (let at = nextEventEnd(bytes, 0, true); at >= 0; at = nextEventEnd(bytes, at, true)) end = at;
  return end;
};

/** @returns the index after the first empty line that follows `from`, or -1 */
const nextEventEnd = (bytes: Buffer, from: number, open: boolean): number => {
  for (let at = from; at < bytes.length; at++) {
    const first = lineEndLength(bytes, at, open);
    if (first === 0) continue;
    const second = lineEndLength(bytes, at + first, open);
    if (second > 0) return at + first + second;
    at += first - 1;
  }
  return -1;
};

/** @param open more bytes may follow: a CR at the end may still become a CRLF, so it ends no line yet */
const lineEndLength = (bytes: Buffer, at: number, open: boolean): number => {
  if (bytes[at] === LF) return 1;
  if (bytes[at] !== CR || (open && at + 1 === bytes.length)) return 0;
  return bytes[at + 1] === LF ? 2 : 1;
};

/** Calls back with each event of a block of whole events. */
export const eachEvent = (block: Buffer, visit: (event: Buffer) => void): void => {
  const onlyLf = block.indexOf(CR) < 0;
  let from = 0;
  while (from < block.length) {
    const end = onlyLf ? block.indexOf(BLANK_LINE, from) + 2 : nextEventEnd(block, from, false);
    if (end <= from) return;
    visit(block.subarray(from, end));
    from = end;
  }
};

/** The event's data: its `data` lines joined with LF. Usually a view of the event, when it has one such line. */
export const dataOf = (event: Buffer): Buffer => {
  let joined: Buffer | null = null;
  let at = 0;
  while (at < event.length) {
    const end = lineEnd(event, at);
    const value = dataValue(event, at, end);
    if (value !== null) joined = joined === null ? value : Buffer.concat([joined, Buffer.from('\n'), value]);
    at = end + Math.max(1, lineEndLength(event, end, false));
  }
  return joined ?? EMPTY;
};

const lineEnd = (event: Buffer, from: number): number => {
  const lf = event.indexOf(LF, from);
  const end = lf < 0 ? event.length : lf;
  const cr = event.indexOf(CR, from);
  return cr >= 0 && cr < end ? cr : end;
};

const dataValue = (event: Buffer, start: number, end: number): Buffer | null => {
  if (end - start < 4 || event.compare(DATA_FIELD, 0, 4, start, start + 4) !== 0) return null;
  if (end - start === 4) return EMPTY;
  if (event[start + 4] !== 0x3a) return null;
  return event.subarray(event[start + 5] === 0x20 && start + 5 < end ? start + 6 : start + 5, end);
};
