import { USAGE_TOPIC } from '@llm-proxy/usage-schema';
import { BatchPattern, type ReceivedMessage, type SetAside } from '@llm-proxy/usage-stream';
import { Controller, Inject } from '@nestjs/common';
import { meterBatch, type MeteringParts } from './meter-batch.js';

export const METERING_PARTS = Symbol('METERING_PARTS');

/** Takes batches of usage events from the stream. What it throws is retried by the stream, with the same batch. */
@Controller()
export class UsageController {
  constructor(@Inject(METERING_PARTS) private readonly parts: MeteringParts) {}

  @BatchPattern(USAGE_TOPIC)
  meter(batch: ReceivedMessage[]): Promise<SetAside[]> {
    return meterBatch(batch, this.parts);
  }
}
