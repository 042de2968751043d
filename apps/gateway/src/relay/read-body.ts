import type { IncomingMessage } from 'node:http';
import { Refusal, refusals } from '../refusals.js';
import type { RequestHead } from './request-head.js';

const EMPTY = Buffer.alloc(0);

/** The whole request body, as it came; a refusal when it is too large, compressed, or ends early. */
export const readBody = (request: IncomingMessage, head: RequestHead, maxBytes: number): Promise<Buffer | Refusal> => {
  if (head.contentLength !== null && head.contentLength > maxBytes) return Promise.resolve(refusals.bodyTooLarge(maxBytes));
  if (head.contentEncoding !== null) return Promise.resolve(refusals.bodyEncoded(head.contentEncoding));
  return new Promise((resolve) => {
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
};
