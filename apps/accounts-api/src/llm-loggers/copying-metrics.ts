import { Counter, type Metrics } from '@llm-proxy/platform-telemetry';
import type { CopyCounts } from './copy-usage.js';
import type { CopyingWatch } from './priced-usage.controller.js';

/** What LLM loggers copy, and what they could not, for those who watch it. */
export class CopyingMetrics implements CopyingWatch {
  private readonly copies: Counter;

  constructor(metrics: Metrics) {
    this.copies = new Counter({
      name: 'llm_proxy_feed_copies_total',
      help: 'Usage events that an LLM logger matches, by what became of the copy.',
      labelNames: ['result'],
      registers: [metrics],
    });
  }

  copied(counts: CopyCounts): void {
    for (const [result, count] of Object.entries(counts)) this.copies.inc({ result }, count);
  }
}
