import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** Names the answer's request id: the id of its usage event. */
export const REQUEST_ID_HEADER = 'x-meshagent-request-id';

/**
 * Headers of the provider's connection and host that would mislead on ours: hop-by-hop (RFC 9110 §7.6.1), cookies of the provider's domain,
 * and promises about its TLS. Everything else passes: request ids, rate limits, content type.
 */
const KEPT_BACK = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'set-cookie',
  'alt-svc',
  'strict-transport-security',
]);

/** @param lengthHolds false when the caller gets fewer bytes than the provider sent */
export const answerHeaders = (headers: IncomingHttpHeaders, requestId: string, lengthHolds: boolean): OutgoingHttpHeaders => {
  const answer: OutgoingHttpHeaders = {};
  for (const name in headers) {
    if (!KEPT_BACK.has(name)) answer[name] = headers[name];
  }
  if (!lengthHolds) delete answer['content-length'];
  answer[REQUEST_ID_HEADER] = requestId;
  return answer;
};

export const isEventStream = (headers: IncomingHttpHeaders): boolean => headers['content-type']?.startsWith('text/event-stream') === true;

/** An answer that does not say what it is may be JSON. */
export const isJson = (headers: IncomingHttpHeaders): boolean => /json|^$/.test(headers['content-type'] ?? '');
