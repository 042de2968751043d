import type { ServerResponse } from 'node:http';
import type { Provider } from '../providers/index.js';
import type { Refusal } from '../refusals.js';
import { REQUEST_ID_HEADER } from './response-head.js';

/** Clients of the MeshAgent SDKs show this header's value when a call is refused. */
const MESSAGE_HEADER = 'x-meshagent-error-message';

/** Answers with the refusal in the provider's own error shape. */
export const refuse = (response: ServerResponse, provider: Provider, refusal: Refusal, requestId: string, allow?: string): void => {
  if (response.headersSent || response.destroyed) return;
  const body = JSON.stringify(provider.errorBody(refusal, requestId));
  response.writeHead(refusal.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    [REQUEST_ID_HEADER]: requestId,
    [MESSAGE_HEADER]: headerSafe(refusal.message),
    ...(allow === undefined ? {} : { allow }),
    // What is left of the request body is not worth reading.
    ...(refusal.status === 413 ? { connection: 'close' } : {}),
  });
  response.end(body);
};

/** Header values hold Latin-1 without control characters; a model or room name in the message may hold anything. */
const headerSafe = (message: string): string => message.replace(/[^\x20-\x7e]/g, '?').slice(0, 512);
