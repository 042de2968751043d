import type { IncomingMessage } from 'node:http';
import type { WebSockets } from '../providers/index.js';
import { type Refusal, refusals } from '../refusals.js';
import { type RequestHead, readRequestHead } from '../relay/request-head.js';

/** Subprotocols that hold a credential of ours: `<prefix><credential>`. */
const CREDENTIAL_PROTOCOLS = ['meshagent-agent.', 'meshagent-token.', 'bearer.'];
/** Names the project of an OAuth caller, where an HTTP call has `Meshagent-Project-Id`. */
const PROJECT_PROTOCOL = 'meshagent-project.';
const OWN_PROTOCOLS = 'meshagent-';

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const VERSION = '13';

export interface Handshake {
  head: RequestHead;
  /** What goes upstream besides the provider key; names in lower case. */
  headers: Record<string, string | string[]>;
  /** Subprotocols that may go upstream and be selected: no credential among them. */
  protocols: string[];
}

export const isWebSocketRequest = (request: IncomingMessage): boolean => request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';

/** The handshake of a client, with the credential and the project where an HTTP call has them. A header wins over a subprotocol. */
export const readHandshake = (request: IncomingMessage, webSockets: WebSockets | undefined): Handshake | Refusal => {
  const { headers } = request;
  if (headers['sec-websocket-version'] !== VERSION) return refusals.handshakeInvalid(`Sec-WebSocket-Version must be ${VERSION}`);
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) return refusals.handshakeInvalid('Sec-WebSocket-Key is missing or malformed');
  const head = readRequestHead(request.rawHeaders);
  const credentials = [...CREDENTIAL_PROTOCOLS, ...(webSockets?.credentialProtocols ?? [])];
  const dropped = [OWN_PROTOCOLS, ...credentials, ...(webSockets?.droppedProtocols ?? [])];
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  head.bearer ??= restAfter(credentials, offered);
  head.projectId ??= restAfter([PROJECT_PROTOCOL], offered)?.toLowerCase() ?? null;
  return { head, headers: upstreamHeaders(head.forward), protocols: offered.filter((protocol) => protocol !== '' && !startsWithAny(protocol, dropped)) };
};

const startsWithAny = (protocol: string, prefixes: readonly string[]): boolean => prefixOf(protocol, prefixes) !== undefined;

const prefixOf = (protocol: string, prefixes: readonly string[]): string | undefined => {
  const lower = protocol.toLowerCase();
  return prefixes.find((prefix) => lower.startsWith(prefix));
};

/** What follows the prefix in the first subprotocol that has one. */
const restAfter = (prefixes: readonly string[], offered: readonly string[]): string | null => {
  for (const protocol of offered) {
    const prefix = prefixOf(protocol, prefixes);
    if (prefix !== undefined && protocol.length > prefix.length) return protocol.slice(prefix.length);
  }
  return null;
};

/** `Origin` is the page's, the `Sec-WebSocket-…` headers are this connection's, and a handshake has no body. */
const KEPT_BACK = new Set(['origin', 'content-type', 'content-encoding']);

const upstreamHeaders = (forward: readonly string[]): Record<string, string | string[]> => {
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index < forward.length; index += 2) {
    const name = forward[index]!;
    if (KEPT_BACK.has(name) || name.startsWith('sec-websocket-') || name === '__proto__') continue;
    const known = headers[name];
    const value = forward[index + 1]!;
    headers[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  return headers;
};
