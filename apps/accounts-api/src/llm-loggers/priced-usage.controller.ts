import { Controller, Inject } from '@nestjs/common';
import { PRICED_USAGE_TOPIC } from '@llm-proxy/usage-schema';
import { BatchPattern, type ReceivedMessage } from '@llm-proxy/usage-stream';
import { type CopyCounts, CopyUsage } from './copy-usage.js';

/** Injection token of a `CopyingWatch`, or null. */
export const COPYING_WATCH = Symbol('COPYING_WATCH');

/** Told of every batch that was copied. */
export interface CopyingWatch {
  copied(counts: CopyCounts): void;
}

/** Takes batches of priced events from the stream. What it throws is retried by the stream, with the same batch. */
@Controller()
export class PricedUsageController {
  constructor(
    private readonly copyUsage: CopyUsage,
    @Inject(COPYING_WATCH) private readonly watch: CopyingWatch | null,
  ) {}

  @BatchPattern(PRICED_USAGE_TOPIC)
  async copy(batch: ReceivedMessage[]): Promise<void> {
    const counts = await this.copyUsage.copy(batch);
    this.watch?.copied(counts);
  }
}
