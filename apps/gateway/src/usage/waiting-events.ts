import type { UsageEvent } from '@llm-proxy/usage-schema';
import type { OutgoingMessage } from '@llm-proxy/usage-stream';
import { MAX_LINE_GROWTH, messageIn, writeLine } from './message-line.js';

const BLOCK_BYTES = 1024 * 1024;
/** Kept for use again: one that is filled, one that is being published. */
const SPARE_BLOCKS = 2;

/** Lines one after the other, and where each of them ends. */
interface Block {
  bytes: Buffer;
  ends: number[];
  /** Lines at the front that are not waiting any more. */
  settled: number;
}

export interface WrittenLine {
  bytes: Buffer;
  from: number;
  to: number;
}

/**
 * Events in memory, as lines in a few large buffers that are used again and again. As objects they would live just long enough to be moved to the
 * old generation, and collecting them there would cost more than all else that is done for a call.
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
    const text = JSON.stringify(event);
    const block = this.blockFor(text.length);
    const from = block.ends.at(-1) ?? 0;
    const to = writeLine(block.bytes, from, event, text);
    block.ends.push(to);
    this.count++;
    return { bytes: block.bytes, from, to };
  }

  /** The oldest of them, without removing them; what is returned is valid until they are settled. */
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

  /** A byte of JSON text takes three in UTF-8 at most. */
  private blockFor(characters: number): Block {
    const needed = characters * 3 + MAX_LINE_GROWTH;
    const last = this.blocks.at(-1);
    if (last !== undefined && (last.ends.at(-1) ?? 0) + needed <= last.bytes.length) return last;
    const spare = needed <= BLOCK_BYTES ? this.spare.pop() : undefined;
    const block = spare ?? { bytes: Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, needed)), ends: [], settled: 0 };
    this.blocks.push(block);
    return block;
  }

  private recycle(): void {
    const block = this.blocks.shift()!;
    block.ends.length = 0;
    block.settled = 0;
    if (this.spare.length < SPARE_BLOCKS && block.bytes.length === BLOCK_BYTES) this.spare.push(block);
  }
}
