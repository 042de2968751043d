import type { IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { KeyEcho } from './key-echo.js';

/** Longest error that is looked through, in bytes, as sent and decoded. Providers' errors are a few hundred. */
const MAX_BYTES = 256 * 1024;

export interface ErrorHead {
  status: number;
  statusMessage: string;
  headers: IncomingHttpHeaders;
}

export interface ShownError {
  statusMessage: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * An answer of the provider with an error status. It is kept until it is whole, because it may quote the key it was called with, in any
 * encoding. Without a key in it the caller gets it byte by byte as it came. Trailers never pass, neither here nor elsewhere.
 */
export class ErrorAnswer {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  constructor(
    private readonly echo: KeyEcho,
    private readonly head: ErrorHead,
  ) {}

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes <= MAX_BYTES) this.chunks.push(chunk);
  }

  get isTooLong(): boolean {
    return this.bytes > MAX_BYTES;
  }

  /** Null when it could not be looked through: too long, or in an encoding that does not decode. */
  withoutKey(): ShownError | null {
    if (this.isTooLong) return null;
    const { head, echo } = this;
    const raw = Buffer.concat(this.chunks);
    const plain = decode(raw, head.headers['content-encoding']);
    if (plain === null) return null;
    const headers = redactHeaders(head.headers, echo);
    const statusMessage = echo.redact(head.statusMessage);
    const text = plain.toString('latin1');
    const clean = echo.redact(text);
    if (clean === text) return { statusMessage, headers, body: raw };
    const body = Buffer.from(clean, 'latin1');
    delete headers['content-encoding'];
    if (headers['content-length'] !== undefined) headers['content-length'] = String(body.length);
    return { statusMessage, headers, body };
  }
}

const limits = { maxOutputLength: MAX_BYTES };

const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => gunzipSync(body, limits),
  'x-gzip': (body) => gunzipSync(body, limits),
  deflate: (body) => inflateSync(body, limits),
  br: (body) => brotliDecompressSync(body, limits),
  zstd: (body) => zstdDecompressSync(body, limits),
};

/** The body in plain, its encodings undone from the last to the first; null when one of them cannot be. */
const decode = (body: Buffer, encodings: string | string[] | undefined): Buffer | null => {
  if (body.length === 0 || encodings === undefined) return body;
  const names = String(encodings).toLowerCase().split(',').map((name) => name.trim());
  if (names.some((name) => !Object.hasOwn(DECODERS, name))) return null;
  try {
    return names.reduceRight((plain, name) => DECODERS[name]!(plain), body);
  } catch {
    return null;
  }
};

const redactHeaders = (headers: IncomingHttpHeaders, echo: KeyEcho): IncomingHttpHeaders => {
  const clean: IncomingHttpHeaders = {};
  for (const name in headers) {
    const value = headers[name];
    clean[name] = Array.isArray(value) ? value.map((one) => echo.redact(one)) : value === undefined ? undefined : echo.redact(value);
  }
  return clean;
};
