import { setTimeout as delay } from 'node:timers/promises';
import type { Context, DiagLogger, Tracer } from '@opentelemetry/api';
import type { Logger } from '@llm-proxy/platform-logging';
import type { TracingConfig } from './telemetry.config.js';
import { parseTraceparent } from './traceparent.js';

/** Makes spans and takes them to the receiver. */
export interface Tracing {
  tracer: Tracer;
  /** The context a span of ours begins in: below the caller's span when there is one. */
  contextFrom(traceparent: string | undefined): Context;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Retries included: a receiver that is away must not hold up a stop. */
const EXPORT_TIMEOUT_MS = 3_000;
const CLOSE_TIMEOUT_MS = 5_000;
const MAX_QUEUE = 8_192;

/**
 * Tracing to an OTLP/HTTP receiver; null when none is named. The packages are loaded only then, so that a process without traces does
 * not even hold them. A receiver that is away costs spans, never calls: a full queue drops.
 */
export const createTracing = async (serviceName: string, config: TracingConfig, logger: Logger): Promise<Tracing | null> => {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return null;
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  api.diag.setLogger(diagnostics(logger), api.DiagLogLevel.WARN);
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers: config.OTEL_EXPORTER_OTLP_HEADERS, timeoutMillis: EXPORT_TIMEOUT_MS });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(config.OTEL_TRACES_SAMPLER_ARG) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, maxQueueSize: MAX_QUEUE, exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
  });
  return {
    tracer: provider.getTracer('llm-proxy'),
    contextFrom: (traceparent) => {
      const parent = parseTraceparent(traceparent);
      if (parent === null) return api.ROOT_CONTEXT;
      const { traceId, spanId, sampled } = parent;
      return api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, traceFlags: sampled ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE, isRemote: true });
    },
    close: async () => {
      const sent = provider.shutdown().catch((error: unknown) => logger.warn({ err: error }, 'the last spans could not be sent'));
      await Promise.race([sent, delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    },
  };
};

/** What the packages have to say, above all that the receiver is away. */
const diagnostics = (logger: Logger): DiagLogger => {
  const warn = (message: string): void => logger.warn({ detail: message }, 'tracing has a problem');
  return { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
};

const ignore = (): void => undefined;
