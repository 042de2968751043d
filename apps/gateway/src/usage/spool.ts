import { mkdir, open, readFile, readdir, rename, rm, truncate, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { OutgoingMessage } from '@llm-proxy/usage-stream';
import { leftInJournal, removeJournal } from './journal.js';
import { readLines, toLine } from './message-line.js';

export interface SpoolOptions {
  directory: string;
  /** What the files may hold together. */
  maxBytes: number;
  /** A file is closed when it is this large. @default 8 MiB */
  segmentBytes?: number;
}

/** The spool may hold no more. */
export class SpoolFullError extends Error {
  override readonly name = 'SpoolFullError';
}

const SEGMENT = /^(\d{8})\.spool$/;
const CURSOR = 'cursor.json';

interface Cursor {
  segment: number;
  /** Byte offset of the first message not replayed yet. */
  offset: number;
}

/**
 * A queue of messages on disk: appended in order, fsynced before `append` resolves, read from the front. A line that was cut by a crash
 * fails its checksum and ends its file. The cursor is written after the messages before it were published: losing it means publishing some
 * of them again, which consumers drop. What a killed process left in its journal is appended at the start.
 */
export class Spool {
  private segments: { number: number; bytes: number }[] = [];
  private cursor: Cursor = { segment: 0, offset: 0 };
  private writer: FileHandle | null = null;
  /** Appending and advancing touch the same files, so they take turns. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly segmentBytes: number;

  private constructor(private readonly options: SpoolOptions) {
    this.segmentBytes = options.segmentBytes ?? 8 * 1024 * 1024;
  }

  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await mkdir(options.directory, { recursive: true });
    await spool.recover();
    await spool.takeJournal();
    return spool;
  }

  /** Bytes that wait to be replayed. */
  get pendingBytes(): number {
    const whole = this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    return whole - (this.segments[0]?.number === this.cursor.segment ? this.cursor.offset : 0);
  }

  get isEmpty(): boolean {
    return this.pendingBytes === 0;
  }

  get isFull(): boolean {
    return this.pendingBytes >= this.options.maxBytes;
  }

  /**
   * Durable when it resolves.
   * @throws SpoolFullError, or the disk's own error; then nothing of these messages counts as written
   */
  append(messages: readonly OutgoingMessage[]): Promise<void> {
    return this.inTurn(() => this.appendNow(messages));
  }

  /** The oldest messages, without removing them; null when there are none. */
  peek(maxMessages: number): Promise<{ messages: OutgoingMessage[]; next: Cursor } | null> {
    return this.inTurn(() => this.peekNow(maxMessages));
  }

  /** Forgets what `peek` returned. */
  advance(next: Cursor): Promise<void> {
    return this.inTurn(() => this.advanceNow(next));
  }

  async close(): Promise<void> {
    await this.inTurn(async () => {
      await this.writer?.close();
      this.writer = null;
    });
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async appendNow(messages: readonly OutgoingMessage[]): Promise<void> {
    const block = Buffer.concat(messages.map(toLine));
    if (this.pendingBytes + block.length > this.options.maxBytes) throw new SpoolFullError(`The spool holds ${this.pendingBytes} of ${this.options.maxBytes} bytes.`);
    await this.write(block);
  }

  private async write(block: Buffer): Promise<void> {
    const segment = await this.writableSegment();
    try {
      await this.writer!.write(block, 0, block.length, segment.bytes);
      await this.writer!.datasync();
      segment.bytes += block.length;
    } catch (error) {
      await this.writer!.truncate(segment.bytes).catch(() => undefined);
      throw error;
    }
  }

  private async peekNow(maxMessages: number): Promise<{ messages: OutgoingMessage[]; next: Cursor } | null> {
    while (this.segments.length > 0) {
      const segment = this.segments[0]!;
      const offset = segment.number === this.cursor.segment ? this.cursor.offset : 0;
      const found = await this.readFrom(segment.number, offset, segment.bytes, maxMessages);
      if (found.messages.length > 0) return found;
      if (segment.number === this.segments.at(-1)!.number && offset >= segment.bytes) return null;
      await this.dropFirst();
    }
    return null;
  }

  private async advanceNow(next: Cursor): Promise<void> {
    this.cursor = next;
    const first = this.segments[0];
    if (first !== undefined && next.segment === first.number && next.offset >= first.bytes) await this.dropFirst();
    else await this.writeCursor();
  }

  private pathOf(segment: number): string {
    return path.join(this.options.directory, `${String(segment).padStart(8, '0')}.spool`);
  }

  private async recover(): Promise<void> {
    const names = (await readdir(this.options.directory)).map((name) => SEGMENT.exec(name)).filter((match) => match !== null);
    const numbers = names.map((match) => Number(match[1])).sort((a, b) => a - b);
    for (const number of numbers) this.segments.push({ number, bytes: await this.soundBytes(number) });
    this.cursor = (await this.readCursor()) ?? { segment: numbers[0] ?? 0, offset: 0 };
    while (this.segments.length > 0 && this.segments[0]!.number < this.cursor.segment) await this.dropFirst();
  }

  /** Whatever the limit says: these events have a place on this disk already. */
  private async takeJournal(): Promise<void> {
    const left = await leftInJournal(this.options.directory);
    if (left.length > 0) await this.write(Buffer.concat(left.map(toLine)));
    await removeJournal(this.options.directory);
  }

  /** Cuts off what a crash left half written. */
  private async soundBytes(number: number): Promise<number> {
    const bytes = await readFile(this.pathOf(number));
    const sound = readLines(bytes).bytes;
    if (sound < bytes.length) await truncate(this.pathOf(number), sound);
    return sound;
  }

  private async writableSegment() {
    const last = this.segments.at(-1);
    if (last !== undefined && this.writer !== null && last.bytes < this.segmentBytes) return last;
    await this.writer?.close();
    this.writer = null;
    const number = (last?.number ?? this.cursor.segment) + 1;
    this.writer = await open(this.pathOf(number), 'w', 0o600);
    const segment = { number, bytes: 0 };
    this.segments.push(segment);
    if (this.segments.length === 1) this.cursor = { segment: number, offset: 0 };
    await syncDirectory(this.options.directory);
    return segment;
  }

  private async readFrom(number: number, offset: number, size: number, maxMessages: number) {
    const handle = await open(this.pathOf(number), 'r');
    try {
      const bytes = Buffer.alloc(size - offset);
      await handle.read(bytes, 0, bytes.length, offset);
      const read = readLines(bytes, maxMessages);
      return { messages: read.messages, next: { segment: number, offset: offset + read.bytes } };
    } finally {
      await handle.close();
    }
  }

  private async dropFirst(): Promise<void> {
    const dropped = this.segments.shift()!;
    if (this.segments.length === 0) {
      await this.writer?.close();
      this.writer = null;
    }
    this.cursor = { segment: this.segments[0]?.number ?? dropped.number + 1, offset: 0 };
    await this.writeCursor();
    await rm(this.pathOf(dropped.number), { force: true });
  }

  private async readCursor(): Promise<Cursor | null> {
    try {
      const { segment, offset } = JSON.parse(await readFile(path.join(this.options.directory, CURSOR), 'utf8')) as Cursor;
      return Number.isInteger(segment) && Number.isInteger(offset) ? { segment, offset } : null;
    } catch {
      return null;
    }
  }

  private async writeCursor(): Promise<void> {
    const file = path.join(this.options.directory, CURSOR);
    const handle = await open(`${file}.new`, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(this.cursor));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(`${file}.new`, file);
  }
}

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
