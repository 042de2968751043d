import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@llm-proxy/platform-logging';
import { USAGE_TOPIC, type UsageEvent } from '@llm-proxy/usage-schema';
import type { OutgoingMessage, UsageStream } from '@llm-proxy/usage-stream';
import type { Journal } from './journal.js';
import type { Spool } from './spool.js';
import { WaitingEvents } from './waiting-events.js';

export interface UsagePublisherOptions {
  stream: UsageStream;
  spool: Spool;
  journal: Journal;
  logger: Logger;
  /** How long an event waits for company: a publish costs as much CPU as fifty events in it. @default 200 */
  lingerMs?: number;
  /** @default 500 */
  maxBatch?: number;
  /** More than this in memory, and no further call is admitted. @default 20000 */
  maxWaiting?: number;
  /** Between two tries to reach the stream, or the disk, again: first and largest. */
  retryMs?: { first: number; last: number };
}

/**
 * Takes the events of finished calls to the stream, in order. While the stream is away they go to the spool, and because order is kept,
 * they go there until the spool is empty again. What neither takes stays in memory, and no further call is admitted.
 */
export class UsagePublisher {
  /** Since the start of the process. */
  readonly counts = { emitted: 0, published: 0, spooled: 0, streamFailures: 0, spoolFailures: 0, journalFailures: 0 };
  private readonly waiting = new WaitingEvents();
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | null = null;
  private streamIsAway: boolean;
  private diskFailed = false;
  private journalFailed = false;
  private readonly closing = new AbortController();
  private replaying: Promise<void> | null = null;
  private readonly lingerMs: number;
  private readonly maxBatch: number;
  private readonly maxWaiting: number;
  private readonly retryMs: { first: number; last: number };

  constructor(private readonly options: UsagePublisherOptions) {
    this.lingerMs = options.lingerMs ?? 200;
    this.maxBatch = options.maxBatch ?? 500;
    this.maxWaiting = options.maxWaiting ?? 20_000;
    this.retryMs = options.retryMs ?? { first: 250, last: 5_000 };
    this.streamIsAway = !options.spool.isEmpty;
    if (this.streamIsAway) this.startReplay();
  }

  /** False when the event of one more call might find no place. */
  canRecord(): boolean {
    return !this.diskFailed && this.waiting.length < this.maxWaiting && !(this.streamIsAway && this.options.spool.isFull);
  }

  /** Bytes on disk that the stream has not got yet. */
  get spooledBytes(): number {
    return this.options.spool.pendingBytes;
  }

  /** Events in memory that neither the stream nor the disk has got yet. */
  get waitingEvents(): number {
    return this.waiting.length;
  }

  emit(event: UsageEvent): void {
    this.counts.emitted++;
    const line = this.waiting.add(event);
    this.inJournal((journal) => journal.note(line));
    if (this.working !== null) return;
    if (this.waiting.length >= this.maxBatch) this.work();
    else this.timer ??= setTimeout(() => this.work(), this.lingerMs);
  }

  /** Without the journal only a kill -9 would lose an event, so nothing else is the worse for it. */
  private inJournal(work: (journal: Journal) => void): void {
    try {
      work(this.options.journal);
    } catch (error) {
      this.counts.journalFailures++;
      if (!this.journalFailed) this.options.logger.error({ error: (error as Error).message }, 'usage events that wait in memory cannot be noted on disk');
      this.journalFailed = true;
      return;
    }
    this.journalFailed = false;
  }

  /** Resolves when everything that was emitted so far is in the stream or on disk. */
  async settled(): Promise<void> {
    while (this.waiting.length > 0 && !this.closing.signal.aborted) await this.pause(this.lingerMs);
    if (this.waiting.length > 0) throw new Error('the publisher is closing');
  }

  /** Gets rid of everything in memory: to the stream, or to the spool. Call it when no call is under way any more. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.replaying;
    await this.working;
    this.work();
    await this.working;
    if (this.waiting.length > 0) {
      this.options.logger.fatal({ events: this.waiting.length }, 'usage events could be written neither to the stream nor to disk and are lost');
    }
    await this.options.journal.close();
    await this.options.spool.close();
  }

  private work(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.working ??= this.empty().finally(() => {
      this.working = null;
      if (this.waiting.length > 0 && !this.closing.signal.aborted) this.timer ??= setTimeout(() => this.work(), this.lingerMs);
    });
  }

  private async empty(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.peek(this.maxBatch);
      this.options.journal.turn();
      const done = this.streamIsAway ? await this.toSpool(batch) : (await this.toStream(batch)) || (await this.toSpool(batch));
      if (!done) return this.waitForDisk();
      this.waiting.settle(batch.length);
      this.inJournal((journal) => journal.settle(batch.length));
      if (this.waiting.length < this.maxBatch && !this.closing.signal.aborted) return;
    }
  }

  private async toStream(batch: OutgoingMessage[]): Promise<boolean> {
    try {
      await this.options.stream.publish(USAGE_TOPIC, batch);
      this.counts.published += batch.length;
      this.diskFailed = false;
      return true;
    } catch (error) {
      this.counts.streamFailures++;
      this.options.logger.error({ error: (error as Error).message, events: batch.length }, 'the usage stream is away: events go to the spool');
      this.streamIsAway = true;
      this.waiting.lend();
      return false;
    }
  }

  private async toSpool(batch: OutgoingMessage[]): Promise<boolean> {
    try {
      await this.options.spool.append(batch);
      this.counts.spooled += batch.length;
      // Also when a replay has just emptied the spool: what was appended meanwhile must go before what comes now.
      this.streamIsAway = true;
      this.diskFailed = false;
      this.startReplay();
      return true;
    } catch (error) {
      this.counts.spoolFailures++;
      if (!this.diskFailed) this.options.logger.fatal({ error: (error as Error).message }, 'the spool takes no more events: new calls are refused');
      this.diskFailed = true;
      this.startReplay();
      return false;
    }
  }

  /** Events stay in memory; the stream may be back before the disk is. */
  private async waitForDisk(): Promise<void> {
    if (!this.closing.signal.aborted) await this.pause(this.retryMs.first);
  }

  private startReplay(): void {
    if (this.closing.signal.aborted) return;
    this.replaying ??= this.replay().finally(() => {
      this.replaying = null;
    });
  }

  /** From the front of the spool to the stream, until the spool is empty. */
  private async replay(): Promise<void> {
    let retryMs = this.retryMs.first;
    let replayed = 0;
    while (!this.closing.signal.aborted) {
      try {
        const next = await this.options.spool.peek(this.maxBatch);
        if (next === null) break;
        await this.options.stream.publish(USAGE_TOPIC, next.messages);
        this.counts.published += next.messages.length;
        await this.options.spool.advance(next.next);
        replayed += next.messages.length;
        retryMs = this.retryMs.first;
      } catch (error) {
        this.counts.streamFailures++;
        this.options.logger.warn({ error: (error as Error).message, spooledBytes: this.spooledBytes }, 'spooled usage events still wait for the stream');
        await this.pause(retryMs);
        retryMs = Math.min(retryMs * 2, this.retryMs.last);
      }
    }
    if (!this.options.spool.isEmpty) return;
    this.streamIsAway = false;
    if (replayed > 0) this.options.logger.info({ events: replayed }, 'the usage stream is back: every spooled event was published');
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }
}
