import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

const MAX_BODY_BYTES = 56 * 1024;

/** Clients send an S256 challenge without saying so; the library, as the RFC, would take it for a plain one. */
export const withChallengeMethod = (url: string): string => {
  const question = url.indexOf('?');
  if (question < 0) return url;
  const query = new URLSearchParams(url.slice(question + 1));
  if (!query.has('code_challenge') || query.has('code_challenge_method')) return url;
  query.set('code_challenge_method', 'S256');
  return `${url.slice(0, question)}?${query}`;
};

/**
 * Token, revocation and introspection requests come as JSON as well as forms, and confidential clients show their secret in a Basic header as well as
 * in the body. Inside there is one form. What cannot be read is an empty one; the library answers what it answers to that.
 * @returns null for a request of another kind, which is left to the library unread
 */
export const readClientRequest = async (request: IncomingMessage): Promise<URLSearchParams | null> => {
  const [, type] = /^application\/(json|x-www-form-urlencoded)\b/i.exec(request.headers['content-type'] ?? '') ?? [];
  if (request.method !== 'POST' || type === undefined) return null;
  const text = (await readBounded(request, MAX_BODY_BYTES)) ?? '';
  const form = type.toLowerCase() === 'json' ? new URLSearchParams(textMembersOf(text)) : new URLSearchParams(text);
  for (const [name, value] of Object.entries(readBasic(request.headers.authorization) ?? {})) form.set(name, value);
  return form;
};

/** The request with this form as its body, which can be read although the request itself has been read. */
export const withForm = (request: IncomingMessage, form: URLSearchParams): IncomingMessage => {
  const body = Buffer.from(form.toString());
  const { authorization, 'transfer-encoding': _, ...headers } = request.headers;
  const kept = readBasic(authorization) === null ? { authorization } : {};
  const changed = { ...headers, ...kept, 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) };
  return Object.create(request, { headers: { value: changed }, readable: { value: true }, iterator: { value: () => Readable.from([body]) } }) as IncomingMessage;
};

/** @returns null when it is larger */
export const readBounded = async (request: IncomingMessage, maxBytes: number): Promise<string | null> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes > maxBytes ? null : Buffer.concat(chunks).toString('utf8');
};

const textMembersOf = (json: string): Record<string, string> => {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return {};
  }
};

/** RFC 6749 §2.3.1: both parts are form-encoded inside. */
const readBasic = (header: string | undefined): { client_id: string; client_secret: string } | null => {
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  const parts = encoded === undefined ? null : /^([^:]+):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8'));
  if (!parts) return null;
  try {
    return { client_id: formDecoded(parts[1]!), client_secret: formDecoded(parts[2]!) };
  } catch {
    return null;
  }
};

const formDecoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
