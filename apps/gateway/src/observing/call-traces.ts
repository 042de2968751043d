import { type Attributes, type Span, SpanKind, SpanStatusCode, type TimeInput, trace } from '@opentelemetry/api';
import type { Tracing } from '@llm-proxy/platform-telemetry';
import type { Call } from '../relay/call.js';
import type { ArrivedRequest, CallWatch, EndedSocket, RefusedRequest, RelayObserver, WatchedEnd } from '../relay/observer.js';
import { isBillable } from '../usage/usage-event.js';

/**
 * Two spans a call: one for the request as the caller sees it, and below it one for the call to the provider, with the attributes of the
 * GenAI semantic conventions (https://opentelemetry.io/docs/specs/semconv/gen-ai/). No prompt and no answer is in a span.
 */
export class CallTraces implements RelayObserver {
  constructor(private readonly tracing: Tracing) {}

  forwarding(call: Call): CallWatch {
    const { tracer, contextFrom } = this.tracing;
    const server = tracer.startSpan(`${call.method} ${call.endpoint.path}`, { kind: SpanKind.SERVER, startTime: call.startedAtMs, attributes: serverAttributes(call) }, contextFrom(traceparentIn(call.head.forward)));
    const operation = operationOf(call.endpoint.path);
    const name = call.facts.model === null ? operation : `${operation} ${call.facts.model}`;
    const client = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: call.startedAtMs + performance.now() - call.startedTick, attributes: clientAttributes(call, operation) }, trace.setSpan(contextFrom(undefined), server));
    return { traceparent: traceparentOf(client), answerChunk: null, ended: (end) => endSpans(call, server, client, end, call.startedAtMs + end.durationMs) };
  }

  refused(refused: RefusedRequest): void {
    const { refusal } = refused;
    const span = this.arrivedSpan(refused, refusal.status);
    span.setAttribute('error.type', refusal.code);
    // By the conventions an error of the caller's is no error of the server's span.
    if (refusal.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  /** One span a socket: a trace of what went over it would be as long as the socket lived. */
  socketEnded(socket: EndedSocket): void {
    const { provider, status, outcome } = socket;
    const span = this.arrivedSpan(socket, status);
    span.setAttribute('gen_ai.provider.name', provider.name);
    const error = status >= 400 ? String(status) : outcome === 'upstream_interrupted' ? outcome : null;
    if (error !== null) span.setAttribute('error.type', error);
    if (status >= 500 || outcome === 'upstream_interrupted') span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  private arrivedSpan({ id, request, endpoint, caller, startedAtMs }: ArrivedRequest, status: number): Span {
    const { tracer, contextFrom } = this.tracing;
    const attributes: Attributes = { 'http.request.method': request.method ?? '', 'http.route': endpoint, 'llm_proxy.request_id': id };
    if (status !== 0) attributes['http.response.status_code'] = status;
    if (caller !== null) attributes['llm_proxy.project_id'] = caller.project.policy.projectId;
    return tracer.startSpan(`${request.method} ${endpoint}`, { kind: SpanKind.SERVER, startTime: startedAtMs, attributes }, contextFrom(textOf(request.headers['traceparent'])));
  }
}

const serverAttributes = ({ id, method, endpoint, route, caller }: Call): Attributes => ({
  'http.request.method': method,
  'http.route': endpoint.path,
  'url.path': route.path,
  'llm_proxy.request_id': id,
  'llm_proxy.project_id': caller.project.policy.projectId,
});

const clientAttributes = ({ route, facts, upstream }: Call, operation: string): Attributes => ({
  'gen_ai.operation.name': operation,
  'gen_ai.provider.name': route.provider.name,
  'gen_ai.request.stream': facts.stream,
  'server.address': new URL(upstream.origin).hostname,
  ...(facts.model === null ? {} : { 'gen_ai.request.model': facts.model }),
});

const endSpans = (call: Call, server: Span, client: Span, end: WatchedEnd, endedAt: TimeInput): void => {
  const { reading, status, refusal } = end;
  if (status !== 0) client.setAttribute('http.response.status_code', status);
  if (reading?.model != null) client.setAttribute('gen_ai.response.model', reading.model);
  // What nobody is charged for may have been estimated all the same.
  client.setAttributes(usageAttributes(isBillable(call, end) ? (reading?.usage ?? null) : null));
  if (end.firstByteMs !== null) client.setAttribute('gen_ai.response.time_to_first_chunk', end.firstByteMs / 1_000);
  const error = errorOf(end);
  if (error !== null) client.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
  client.end(endedAt);
  const shown = refusal?.status ?? status;
  if (shown !== 0) server.setAttribute('http.response.status_code', shown);
  if (shown >= 500 || end.outcome === 'upstream_interrupted') server.setAttribute('error.type', error ?? String(shown)).setStatus({ code: SpanStatusCode.ERROR });
  server.end(endedAt);
};

const errorOf = ({ refusal, status, outcome }: WatchedEnd): string | null => {
  if (refusal !== null) return refusal.code;
  if (status >= 400) return String(status);
  return outcome === 'upstream_interrupted' ? outcome : null;
};

/** Providers call the same two counts by two names. */
const usageAttributes = (usage: Record<string, unknown> | null): Attributes => {
  const input = usage?.['input_tokens'] ?? usage?.['prompt_tokens'];
  const output = usage?.['output_tokens'] ?? usage?.['completion_tokens'];
  return {
    ...(typeof input === 'number' ? { 'gen_ai.usage.input_tokens': input } : {}),
    ...(typeof output === 'number' ? { 'gen_ai.usage.output_tokens': output } : {}),
  };
};

/** The well-known operations; any other is called by the end of its path. */
const OPERATIONS: Readonly<Record<string, string>> = { completions: 'chat', responses: 'chat', messages: 'chat', embeddings: 'embeddings', complete: 'text_completion' };

const operationOf = (path: string): string => {
  const last = path.split('/').findLast((part) => part !== '') ?? path;
  return OPERATIONS[last] ?? last;
};

const traceparentIn = (headers: readonly string[]): string | undefined => {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() === 'traceparent') return headers[index + 1];
  }
  return undefined;
};

const traceparentOf = (span: Span): string => {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
};

const textOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
