import { Counter, Gauge, Histogram, type Metrics } from '@llm-proxy/platform-telemetry';
import type { Call } from '../relay/call.js';
import type { CallWatch, EndedSocket, RefusedRequest, RelayObserver, WatchedEnd } from '../relay/observer.js';

/** From a cached answer to a model that thinks for minutes. */
const ANSWER_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
/** The proxy's own share: half a millisecond is usual, a second is an outage. */
const OWN_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** Counts every request of the relay. Labels come from the provider list and the catalogue of refusals, so their number is bounded. */
export class RelayMetrics implements RelayObserver {
  private readonly requests: Counter<'provider' | 'endpoint' | 'status' | 'outcome'>;
  private readonly refusals: Counter<'provider' | 'code'>;
  private readonly firstByte: Histogram<'provider'>;
  private readonly duration: Histogram<'provider'>;
  private readonly beforeUpstream: Histogram<'provider'>;

  constructor(metrics: Metrics) {
    const registers = [metrics];
    this.requests = new Counter({
      name: 'llm_proxy_gateway_requests_total',
      help: 'Requests that are over, by the status class the caller got. Outcome refused: answered by the proxy itself. Status 1xx: a socket that has ended.',
      labelNames: ['provider', 'endpoint', 'status', 'outcome'],
      registers,
    });
    this.refusals = new Counter({ name: 'llm_proxy_gateway_refusals_total', help: "Answers of the proxy's own, by their code.", labelNames: ['provider', 'code'], registers });
    const histogram = (name: string, help: string, buckets: number[]) => new Histogram({ name, help, labelNames: ['provider'], buckets, registers });
    this.firstByte = histogram('llm_proxy_gateway_time_to_first_byte_seconds', "From the request's first byte to the head of the provider's answer.", ANSWER_SECONDS);
    this.duration = histogram('llm_proxy_gateway_duration_seconds', "From the request's first byte to the last of the provider's answer.", ANSWER_SECONDS);
    this.beforeUpstream = histogram(
      'llm_proxy_gateway_added_latency_seconds',
      "From the request's first byte to the moment it goes upstream: the caller's upload, credential, admission.",
      OWN_SECONDS,
    );
  }

  forwarding(call: Call): CallWatch {
    const provider = call.route.provider.name;
    this.beforeUpstream.labels(provider).observe((performance.now() - call.startedTick) / 1_000);
    return { traceparent: null, answerChunk: null, ended: (end) => this.ended(call, provider, end) };
  }

  refused({ provider, endpoint, refusal }: RefusedRequest): void {
    this.requests.labels(provider.name, endpoint, statusClass(refusal.status), 'refused').inc();
    this.refusals.labels(provider.name, refusal.code).inc();
  }

  /** Only counted: how long a socket stays open says nothing of how fast anybody is. */
  socketEnded({ provider, endpoint, status, outcome }: EndedSocket): void {
    this.requests.labels(provider.name, endpoint, statusClass(status), outcome).inc();
  }

  private ended({ endpoint }: Call, provider: string, end: WatchedEnd): void {
    this.requests.labels(provider, endpoint.path, statusClass(end.refusal?.status ?? end.status), end.outcome).inc();
    if (end.refusal !== null) this.refusals.labels(provider, end.refusal.code).inc();
    if (end.firstByteMs !== null) this.firstByte.labels(provider).observe(end.firstByteMs / 1_000);
    this.duration.labels(provider).observe(end.durationMs / 1_000);
  }
}

/** A status of 0: no answer came and nobody waited for one. */
const statusClass = (status: number): string => (status === 0 ? 'none' : `${Math.floor(status / 100)}xx`);

export interface WatchedParts {
  relay: { readonly inFlight: number };
  tunnels: { readonly openSockets: number };
  usage: { readonly waitingEvents: number; readonly spooledBytes: number; readonly counts: Readonly<UsageCounts> };
}

export interface UsageCounts {
  emitted: number;
  published: number;
  spooled: number;
  streamFailures: number;
  spoolFailures: number;
  journalFailures: number;
}

/** What the parts know about themselves; read when somebody asks, so it costs nothing in between. */
export const showParts = (metrics: Metrics, { relay, tunnels, usage }: WatchedParts): void => {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [metrics],
      collect() {
        this.set(value());
      },
    });
  const counter = (name: string, help: string, value: () => number) =>
    new Counter({
      name,
      help,
      registers: [metrics],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  gauge('llm_proxy_gateway_in_flight', 'Calls that were begun and are not over.', () => relay.inFlight);
  gauge('llm_proxy_gateway_open_sockets', 'WebSockets between callers and providers.', () => tunnels.openSockets);
  gauge('llm_proxy_gateway_usage_waiting_events', 'Usage events in memory, on their way to the stream or to the spool.', () => usage.waitingEvents);
  gauge('llm_proxy_gateway_spool_bytes', 'Usage events on disk that the stream has not got yet.', () => usage.spooledBytes);
  counter('llm_proxy_gateway_usage_events_total', 'Usage events of finished calls.', () => usage.counts.emitted);
  counter('llm_proxy_gateway_usage_published_total', 'Usage events the stream took, replayed ones included.', () => usage.counts.published);
  counter('llm_proxy_gateway_usage_spooled_total', 'Usage events that went to disk because the stream was away.', () => usage.counts.spooled);
  counter('llm_proxy_gateway_publish_failures_total', 'Publishes the stream did not take.', () => usage.counts.streamFailures);
  counter('llm_proxy_gateway_spool_failures_total', 'Writes the spool did not take: it is full, or its disk is.', () => usage.counts.spoolFailures);
  counter('llm_proxy_gateway_journal_failures_total', 'Events in memory that could not be noted on disk: only a killed process would lose them.', () => usage.counts.journalFailures);
};
