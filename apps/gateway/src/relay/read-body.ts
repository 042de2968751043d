import type { IncomingMessage } from 'node:http';
import { Refusal, refusals } from '../refusals.js';
import type { Endpoint } from '../providers/index.js';
import { type RequestFacts, readRequestFacts, withoutFacts } from './request-facts.js';
import { isForm, readFormFacts } from './request-form.js';
import type { RequestHead } from './request-head.js';

const EMPTY = Buffer.alloc(0);

/** The body and the few facts in it; a refusal when it is too large, compressed, ends early, or does not say what it must. */
export const readRequest = async (request: IncomingMessage, head: RequestHead, endpoint: Endpoint, maxBytes: number): Promise<RequestFacts | Refusal> => {
  if (head.contentLength !== null && head.contentLength > maxBytes) return refusals.bodyTooLarge(maxBytes);
  if (head.contentEncoding !== null) return refusals.bodyEncoded(head.contentEncoding);
  if (endpoint.takesForm === true && isForm(head)) return readFormFacts(request, head, endpoint, maxBytes);
  const body = await readBody(request, maxBytes);
  if (body instanceof Refusal) return body;
  if (endpoint.namesModel) return readRequestFacts(body, endpoint);
  if (endpoint.modelsIn === undefined) return withoutFacts(body);
  const models = endpoint.modelsIn(body);
  return models === null ? refusals.modelsUnreadable : withoutFacts(body, models);
};

const readBody = (request: IncomingMessage, maxBytes: number): Promise<Buffer | Refusal> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        request.removeAllListeners('data');
        request.resume();
        resolve(refusals.bodyTooLarge(maxBytes));
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : chunks.length === 0 ? EMPTY : Buffer.concat(chunks, bytes)));
    request.on('error', () => resolve(refusals.bodyIncomplete));
    request.on('aborted', () => resolve(refusals.bodyIncomplete));
  });
