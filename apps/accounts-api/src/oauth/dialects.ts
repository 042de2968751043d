import type { IncomingMessage } from 'node:http';

/** As the request is handed on. `body` is what the library takes instead of reading the stream itself. */
export interface RewrittenRequest extends IncomingMessage {
  body?: Record<string, string>;
}

const MAX_BODY_BYTES = 56 * 1024;

/** A request that cannot be read; the library answers what it answers to an empty one. */
const NOTHING: Record<string, string> = {};

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
 * in the body. Inside there is one form: members of the body.
 */
export const normaliseClientRequest = async (request: RewrittenRequest): Promise<void> => {
  const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '');
  const basic = readBasic(request.headers.authorization);
  if (request.method !== 'POST' || (!isJson && basic === null)) return;
  const text = await readBounded(request, MAX_BODY_BYTES);
  const members = text === null ? NOTHING : isJson ? textMembersOf(text) : Object.fromEntries(new URLSearchParams(text));
  request.body = { ...members, ...basic };
  request.headers['content-type'] = 'application/x-www-form-urlencoded';
  delete request.headers.authorization;
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
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return NOTHING;
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return NOTHING;
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
