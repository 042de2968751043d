import { Counter, Gauge, type Metrics } from '@llm-proxy/platform-telemetry';
import type { RecordingWatch } from './recording/priced-usage.controller.js';

/** What billing records, for those who watch it. */
export class BillingMetrics implements RecordingWatch {
  private readonly events: Counter;
  private readonly duplicates: Counter;
  private readonly setAside: Counter;
  private readonly lag: Gauge;

  constructor(metrics: Metrics) {
    const counter = (name: string, help: string) => new Counter({ name, help, registers: [metrics] });
    this.events = counter('llm_proxy_billing_events_total', 'Priced events that were recorded.');
    this.duplicates = counter('llm_proxy_billing_duplicates_total', 'Priced events that were recorded before.');
    this.setAside = counter('llm_proxy_billing_set_aside_total', 'Messages that are no priced events.');
    this.lag = new Gauge({
      name: 'llm_proxy_billing_lag_seconds',
      help: 'Age of the newest event of the last batch: from the end of its answer to the bill.',
      registers: [metrics],
    });
  }

  recorded({ events, fresh, setAside, newest }: Parameters<RecordingWatch['recorded']>[0]): void {
    this.events.inc(fresh);
    this.duplicates.inc(events - fresh);
    this.setAside.inc(setAside);
    if (newest !== null) this.lag.set(Math.max(0, (Date.now() - newest.getTime()) / 1_000));
  }
}
