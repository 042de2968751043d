import { integer } from '@llm-proxy/platform-config';
import { z } from 'zod';

/** Where a process shows its metrics; to be spread into its own schema. */
export const operationsSettings = {
  /** Unset: nothing is measured. 0 picks a free port. */
  OPS_PORT: integer(0, 65_535).optional(),
  /** Not for the public: loopback unless it is set. */
  OPS_HOST: z.string().default('127.0.0.1'),
};

/** `name=value,name=value`, as OpenTelemetry writes headers; values may be percent-encoded. */
const headerList = () =>
  z.string().transform((text, context) => {
    const pairs = text.split(',').filter((pair) => pair.trim() !== '');
    const headers: Record<string, string> = {};
    for (const pair of pairs) {
      const equals = pair.indexOf('=');
      if (equals < 1) {
        context.addIssue({ code: 'custom', message: 'must be name=value, separated by commas' });
        return z.NEVER;
      }
      headers[pair.slice(0, equals).trim()] = decoded(pair.slice(equals + 1).trim());
    }
    return headers;
  });

const decoded = (value: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
};

/** Names and meaning as OpenTelemetry specifies them. */
export const tracingSettings = {
  /** Base URL of an OTLP/HTTP receiver, e.g. `http://collector:4318`. Unset: no traces. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headerList().default({}),
  /** Share of the traces begun here that are kept; a caller's own decision in `traceparent` is followed. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
};

const tracingSchema = z.object(tracingSettings);

export type TracingConfig = z.infer<typeof tracingSchema>;
