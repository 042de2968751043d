import { PRICED_USAGE_TOPIC, type PricedUsage } from '@llm-proxy/usage-schema';
import { BatchPattern, type ReceivedMessage, type SetAside } from '@llm-proxy/usage-stream';
import { Controller, Inject } from '@nestjs/common';
import { RECORDING, type Database } from '../database/database.js';
import { decodePricedUsage } from './decode-priced-usage.js';
import { recordBatch } from './record-batch.js';

export const RECORDING_WATCH = Symbol('RECORDING_WATCH');

/** Told of every batch that is durable. */
export interface RecordingWatch {
  recorded(batch: { events: number; fresh: number; setAside: number; newest: Date | null }): void;
}

/** Takes batches of priced events from the stream. What it throws is retried by the stream, with the same batch. */
@Controller()
export class PricedUsageController {
  constructor(
    @Inject(RECORDING) private readonly database: Database,
    @Inject(RECORDING_WATCH) private readonly watch: RecordingWatch | null,
  ) {}

  @BatchPattern(PRICED_USAGE_TOPIC)
  async record(batch: ReceivedMessage[]): Promise<SetAside[]> {
    const events: PricedUsage[] = [];
    const setAside: SetAside[] = [];
    for (const message of batch) {
      const decoded = decodePricedUsage(message.value);
      if (decoded.ok) events.push(decoded.event);
      else setAside.push({ message, reason: decoded.reason });
    }
    const fresh = await recordBatch(this.database, events);
    const newest = events.at(-1);
    this.watch?.recorded({ events: events.length, fresh, setAside: setAside.length, newest: newest === undefined ? null : new Date(newest.time) });
    return setAside;
  }
}
