import { Counter, Gauge, type Metrics } from '@llm-proxy/platform-telemetry';
import type { PricedUsage } from '@llm-proxy/usage-schema';
import type { SetAside } from '@llm-proxy/usage-stream';
import type { MeteringWatch } from './metering/meter-batch.js';

const NANO = 1e9;

/**
 * What metering does, for those who watch it. Models and types are those of the price table, so that callers cannot make up new series.
 * The sums are floating-point and start at zero with the process: bills are made elsewhere.
 */
export class MeteringMetrics implements MeteringWatch {
  private readonly quantity: Counter<'provider' | 'model' | 'type'>;
  private readonly charged: Counter<'provider' | 'model'>;
  private readonly providerCost: Counter<'provider' | 'model'>;
  private readonly events: Counter<'provider' | 'model' | 'measurement'>;
  private readonly unpriced: Counter<'provider' | 'model'>;
  private readonly setAside: Counter<'why'>;
  private readonly lag: Gauge;

  constructor(metrics: Metrics) {
    const registers = [metrics];
    const byModel = (name: string, help: string) => new Counter({ name, help, labelNames: ['provider', 'model'], registers });
    this.quantity = new Counter({
      name: 'llm_proxy_usage_quantity_total',
      help: 'Priced usage in units of its type: tokens, characters, minutes, images.',
      labelNames: ['provider', 'model', 'type'],
      registers,
    });
    this.charged = byModel('llm_proxy_charged_usd_total', 'What projects are charged, the surcharge included.');
    this.providerCost = byModel('llm_proxy_provider_cost_usd_total', 'What the provider charges, whoever pays.');
    this.events = new Counter({ name: 'llm_proxy_metered_events_total', help: 'Usage events that were priced.', labelNames: ['provider', 'model', 'measurement'], registers });
    this.unpriced = byModel('llm_proxy_unpriced_usage_total', 'Priced events with something the price table has no price for.');
    this.setAside = new Counter({ name: 'llm_proxy_metering_set_aside_total', help: 'Messages set aside: unpriceable, or no usage events.', labelNames: ['why'], registers });
    this.lag = new Gauge({ name: 'llm_proxy_metering_lag_seconds', help: 'Age of the newest event of the last batch: from the end of its answer to its price.', registers });
  }

  metered(events: readonly PricedUsage[], setAside: readonly SetAside[]): void {
    for (const event of events) this.count(event);
    for (const { reason } of setAside) this.setAside.labels(reason.startsWith('unpriceable') ? 'unpriceable' : 'unreadable').inc();
    const newest = events.at(-1);
    if (newest !== undefined) this.lag.set(Math.max(0, (Date.now() - Date.parse(newest.time)) / 1_000));
  }

  private count({ data: { provider, measurement, pricing } }: PricedUsage): void {
    const { model } = pricing;
    this.events.labels(provider, model, measurement).inc();
    this.charged.labels(provider, model).inc(Number(pricing.totalNanoUsd) / NANO);
    this.providerCost.labels(provider, model).inc(Number(pricing.providerCostNanoUsd) / NANO);
    for (const { type, quantity } of pricing.lines) this.quantity.labels(provider, model, type).inc(Number(quantity));
    if (pricing.unpricedTypes.length > 0) this.unpriced.labels(provider, model).inc();
  }
}
