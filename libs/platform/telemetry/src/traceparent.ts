/** The caller's span, as W3C Trace Context writes it (https://www.w3.org/TR/trace-context/). */
export interface TraceParent {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
  sampled: boolean;
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;

/** Null for what is no traceparent: the trace then begins here. */
export const parseTraceparent = (header: string | undefined): TraceParent | null => {
  const match = header === undefined ? null : TRACEPARENT.exec(header.trim());
  if (match === null) return null;
  const [, version, traceId, spanId, flags, more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined) || ZEROS.test(traceId!) || ZEROS.test(spanId!)) return null;
  return { traceId: traceId!, spanId: spanId!, sampled: (Number.parseInt(flags!, 16) & 1) === 1 };
};
