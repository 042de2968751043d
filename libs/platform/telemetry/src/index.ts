export { type Metrics, createMetrics, Counter, Gauge, Histogram } from './metrics.js';
export { type OperationsServer, metricsFor, showMetrics } from './operations-server.js';
export { operationsSettings, tracingSettings, type TracingConfig } from './telemetry.config.js';
export { createTracing, type Tracing } from './tracing.js';
export { type TraceParent, parseTraceparent } from './traceparent.js';
