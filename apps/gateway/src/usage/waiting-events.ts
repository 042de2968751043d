import type { UsageEvent } from '@llm-proxy/usage-schema';
import type { OutgoingMessage } from '@llm-proxy/usage-stream';
import { lineOf, messageIn, writeLine } from './message-line.js';

const BLOCK_BYTES = 1024 * 1024;
/** Kept for use again: one that is filled, one that is being published. */
const SPARE_BLOCKS = 2;

/** Lines one after the other, and where each of them ends. */
interface Block {
  bytes: Buffer;
  ends: number[];
  /** Lines at the front that are not waiting any more. */
  settled: number;
  /** Somebody may still read in it, however late. */
  isLent: boolean;
}

export interface WrittenLine {
  bytes: Buffer;
  from: number;
  to: number;
}

/**
 * Events in memory, as lines in a few large buffers that are used again and again. As objects they would live just long enough to be moved to the
 * old generation, and collecting them there was the largest single item in the gateway's profile.
 */
export class WaitingEvents {
  private readonly blocks: Block[] = [];
  private readonly spare: Block[] = [];
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** @returns where the line is until the event is settled */
  add(event: UsageEvent): WrittenLine {
    const line = lineOf(event);
    const block = this.blockFor(line.length);
    const from = block.ends.at(-1) ?? 0;
    const to = writeLine(block.bytes, from, line);
    block.ends.push(to);
    this.count++;
    return { bytes: block.bytes, from, to };
  }

  /** The oldest of them, without removing them. Their values stay as they are until they are settled, and for good after `lend`. */
  peek(max: number): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    for (const { bytes, ends, settled } of this.blocks) {
      for (let index = settled; index < ends.length; index++) {
        if (messages.length === max) return messages;
        messages.push(messageIn(bytes, index === 0 ? 0 : ends[index - 1]!, ends[index]!));
      }
    }
    return messages;
  }

  /** What was peeked at may still be read after it is settled: a publish that took too long is given up, not undone. */
  lend(): void {
    for (const block of this.blocks) block.isLent = true;
  }

  /** Forgets the oldest `count`. */
  settle(count: number): void {
    this.count -= count;
    for (let left = count; left > 0; ) {
      const block = this.blocks[0]!;
      const here = Math.min(left, block.ends.length - block.settled);
      block.settled += here;
      left -= here;
      if (block.settled === block.ends.length) this.recycle();
    }
  }

  /** A character, as strings count them, takes three bytes of UTF-8 at most. */
  private blockFor(characters: number): Block {
    const needed = characters * 3;
    const last = this.blocks.at(-1);
    if (last !== undefined && (last.ends.at(-1) ?? 0) + needed <= last.bytes.length) return last;
    const spare = needed <= BLOCK_BYTES ? this.spare.pop() : undefined;
    const block = spare ?? { bytes: Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, needed)), ends: [], settled: 0, isLent: false };
    this.blocks.push(block);
    return block;
  }

  private recycle(): void {
    const block = this.blocks.shift()!;
    block.ends.length = 0;
    block.settled = 0;
    if (this.spare.length < SPARE_BLOCKS && block.bytes.length === BLOCK_BYTES && !block.isLent) this.spare.push(block);
  }
}
