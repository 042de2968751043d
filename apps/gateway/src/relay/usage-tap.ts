import { type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { UsageReader } from '../providers/index.js';
import { MemberScan } from '../wire/member-scan.js';
import { SseEvents, dataOf, eachEvent } from '../wire/sse-events.js';

/** Largest single event, and largest body that is not a stream, that is looked at. A larger answer passes all the same. */
export const MAX_LOOK_BYTES = 64 * 1024 * 1024;

const EMPTY = Buffer.alloc(0);
const USAGE = Buffer.from('"usage"');

/** Watches the bytes of one answer on their way to the caller. */
export interface UsageTap {
  /** @returns what the caller gets: the chunk itself, unless something in it is hidden */
  push(chunk: Buffer): Buffer;
  /**
   * @param isWhole false when the answer broke off; nothing goes to the caller any more
   * @returns what was held back
   */
  end(isWhole: boolean): Buffer | Promise<Buffer>;
}

/** One that has all it gives at once. */
export interface SyncTap extends UsageTap {
  end(isWhole: boolean): Buffer;
}

/** Picks the tap for an answer. `hideUsage`: take the usage-only event out of the stream. `scan` counts what arrives, for an estimate. */
export const createTap = (reader: UsageReader, isStream: boolean, hideUsage: boolean, scan = new MemberScan([])): SyncTap => {
  if (!isStream) return new BodyTap(reader, scan);
  return hideUsage ? new HidingTap(reader, scan) : new StreamTap(reader, scan);
};

/** A whole JSON body: kept until it is complete, then read. */
class BodyTap implements UsageTap {
  private chunks: Buffer[] = [];
  private bytes = 0;

  constructor(
    private readonly reader: UsageReader,
    private readonly scan: MemberScan,
  ) {}

  push(chunk: Buffer): Buffer {
    this.bytes += chunk.length;
    if (this.bytes <= MAX_LOOK_BYTES) this.chunks.push(chunk);
    else this.chunks = [];
    return chunk;
  }

  end(): Buffer {
    const body = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    this.chunks = [];
    if (body.length === 0) return EMPTY;
    this.reader.body(body);
    if (this.reader.reading().usage === null) this.scan.look(body);
    return EMPTY;
  }
}

/** A whole JSON body that is changed before the caller gets it: held back until it is complete. */
export class EditingTap implements UsageTap {
  private chunks: Buffer[] = [];

  /** @param edits `always`: rather no answer than one that was not edited, so an encoded one fails; `if plain`: an encoded one passes as it is */
  constructor(
    private readonly edit: (body: Buffer) => Buffer | Promise<Buffer>,
    readonly edits: 'always' | 'if plain',
  ) {}

  push(chunk: Buffer): Buffer {
    this.chunks.push(chunk);
    return EMPTY;
  }

  end(isWhole: boolean): Buffer | Promise<Buffer> {
    const body = Buffer.concat(this.chunks.splice(0));
    return isWhole ? this.edit(body) : EMPTY;
  }
}

/** An event stream: only events that mention a usage object are opened. */
class StreamTap implements UsageTap {
  private readonly events = new SseEvents(MAX_LOOK_BYTES);

  constructor(
    private readonly reader: UsageReader,
    private readonly scan: MemberScan,
  ) {}

  push(chunk: Buffer): Buffer {
    const block = this.events.push(chunk);
    if (this.scan.look(block)) eachEvent(block, (event) => void readEvent(this.reader, event));
    if (this.events.overflowed) this.events.takeRest();
    return chunk;
  }

  end(): Buffer {
    // A stream may end without its last empty line.
    const rest = this.events.takeRest();
    this.scan.look(rest);
    readEvent(this.reader, rest);
    return EMPTY;
  }
}

/** An event stream with one event too many: whole events go on as soon as they are whole, the usage-only one does not. */
class HidingTap implements UsageTap {
  private readonly events = new SseEvents(MAX_LOOK_BYTES);

  constructor(
    private readonly reader: UsageReader,
    private readonly scan: MemberScan,
  ) {}

  push(chunk: Buffer): Buffer {
    if (this.events.overflowed) return chunk;
    const block = this.events.push(chunk);
    if (this.events.overflowed) return this.events.takeRest();
    if (!this.scan.look(block)) return block;
    const shown: Buffer[] = [];
    eachEvent(block, (event) => {
      if (!readEvent(this.reader, event)) shown.push(event);
    });
    return Buffer.concat(shown);
  }

  end(): Buffer {
    const rest = this.events.takeRest();
    this.scan.look(rest);
    return readEvent(this.reader, rest) ? EMPTY : rest;
  }
}

const readEvent = (reader: UsageReader, event: Buffer): boolean => hasUsageObject(event) && reader.event(dataOf(event));

/** Tells the events of a block apart. */
const hasUsageObject = (block: Buffer): boolean => {
  for (let at = block.indexOf(USAGE); at >= 0; at = block.indexOf(USAGE, at + USAGE.length)) {
    let next = at + USAGE.length;
    while (isSpace(block[next])) next++;
    if (block[next] !== 0x3a) continue;
    next++;
    while (isSpace(block[next])) next++;
    if (block[next] === 0x7b) return true;
  }
  return false;
};

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/**
 * Watches a compressed answer: the caller gets the compressed bytes, the tap a decoded copy. Providers are asked for plain answers, so
 * this is the exception; a usage-only event inside a compressed stream stays visible.
 * @param done called once, when everything that can be read was read
 */
export class DecodingTap implements UsageTap {
  private readonly decoder: Transform;

  static supports(encoding: string): boolean {
    return Object.hasOwn(DECODERS, encoding);
  }

  constructor(encoding: string, inner: UsageTap, done: () => void) {
    this.decoder = DECODERS[encoding]!();
    let finished = false;
    const finish = () => {
      if (finished) return;
      finished = true;
      void inner.end(false);
      done();
    };
    this.decoder.on('data', (plain: Buffer) => inner.push(plain)).on('end', finish).on('error', finish);
  }

  push(chunk: Buffer): Buffer {
    if (!this.decoder.destroyed) this.decoder.write(chunk);
    return chunk;
  }

  end(): Buffer {
    if (this.decoder.destroyed) return EMPTY;
    this.decoder.end();
    return EMPTY;
  }
}
