import { USAGE_TOPIC, type UsageEvent } from '@llm-proxy/usage-schema';
import { v5 as uuidv5 } from 'uuid';
import type { BatchRules, UsageReading } from '../providers/index.js';
import type { Batch } from './batch-store.js';

/** Made once, for these ids alone. */
const NAMESPACE = '6f0c9a52-6d0e-4a53-9d0b-0f6a4f8f3c11';
const LF = 0x0a;
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** The same for the same result whenever and by whomever it is seen, so that it is billed once. */
export const resultEventId = (batch: Pick<Batch, 'provider' | 'id'>, customId: string): string =>
  uuidv5(JSON.stringify([batch.provider, batch.id, customId]), NAMESPACE);

/** Reads the results of a batch as they pass, whatever the chunking, and hands on one event for each that cost something. */
export class ResultReader {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private broken = false;

  constructor(
    private readonly rules: BatchRules,
    private readonly batch: Batch,
    private readonly emit: (event: UsageEvent) => void,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** False when a line was too long to be looked at. */
  get isComplete(): boolean {
    return !this.broken;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      this.take(chunk.subarray(from, end));
      from = end + 1;
    }
    if (from < chunk.length) this.keep(chunk.subarray(from));
  }

  /** The last line may come without its line break. */
  end(): void {
    this.take(Buffer.alloc(0));
  }

  private keep(rest: Buffer): void {
    this.pendingBytes += rest.length;
    if (this.pendingBytes > MAX_LINE_BYTES) this.broken = true;
    else this.pending.push(rest);
  }

  private take(end: Buffer): void {
    const line = this.pending.length === 0 ? end : Buffer.concat([...this.pending, end]);
    this.pending = [];
    this.pendingBytes = 0;
    const result = line.length === 0 ? null : this.rules.result(line);
    if (result !== null && result.reading.usage !== null) this.emit(this.toEvent(result.customId, result.reading));
  }

  private toEvent(customId: string, reading: UsageReading): UsageEvent {
    const { batch, rules } = this;
    const [model] = batch.models;
    return {
      specversion: '1.0',
      id: resultEventId(batch, customId),
      source: '/gateway/batches',
      type: USAGE_TOPIC,
      subject: batch.projectId,
      time: new Date(this.nowMs()).toISOString(),
      datacontenttype: 'application/json',
      data: {
        provider: batch.provider,
        endpoint: rules.billedPath,
        transport: 'http',
        // A line does not say what was asked for; when the whole batch asked for one model, it is that.
        requestModel: batch.models.length === 1 ? model! : null,
        responseModel: reading.model,
        requestServiceTier: null,
        responseServiceTier: reading.serviceTier,
        usage: reading.usage,
        requestFacts: {},
        providerKey: batch.providerKey,
        measurement: 'exact',
        outcome: 'completed',
        status: 200,
        providerRequestId: null,
        attribution: batch.attribution,
        timings: { startedAt: batch.createdAt.toISOString(), firstByteMs: null, durationMs: 0 },
      },
    };
  }
}
