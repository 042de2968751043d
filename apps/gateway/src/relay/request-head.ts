/**
 * One pass over the raw request headers: what the proxy consumes, and what goes on to the provider.
 * The rule is a list of what stays here; everything else a client sends is between it and the provider.
 */
export interface RequestHead {
  /** From `Authorization: Bearer`. */
  bearer: string | null;
  /** From `x-api-key`. */
  apiKeyHeader: string | null;
  /** From `Meshagent-Project-Id`: the project of an OAuth caller; other credentials know their own. */
  projectId: string | null;
  onBehalfOf: string | null;
  client: string | null;
  annotations: Record<string, string>;
  /** From `X-Meshagent-Cost: include`: is the answer to tell what it costs? */
  wantsCost: boolean;
  contentType: string | null;
  contentEncoding: string | null;
  /** Declared length in bytes; null when there is none. */
  contentLength: number | null;
  /** Name, value, name, value, …: as undici takes them. */
  forward: string[];
}

/** Hop-by-hop (RFC 9110 §7.6.1), set anew for the upstream connection, credentials and identity of the caller, traces of the way here. */
const CONSUMED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'http2-settings',
  'host',
  'content-length',
  'accept-encoding',
  'authorization',
  'x-api-key',
  'api-key',
  'proxy-authorization',
  'proxy-authenticate',
  'cookie',
  'openai-organization',
  'openai-project',
  'forwarded',
  'via',
  'x-real-ip',
  'true-client-ip',
  'cf-connecting-ip',
]);
const CONSUMED_PREFIXES = ['meshagent-', 'x-meshagent-', 'x-forwarded-'];

const ANNOTATION = 'x-meshagent-annotation-';
const MAX_ANNOTATIONS = 32;
const MAX_ANNOTATION_BYTES = 256;
const MAX_CLIENT_CHARACTERS = 256;

export const readRequestHead = (rawHeaders: readonly string[]): RequestHead => {
  const head: RequestHead = {
    bearer: null,
    apiKeyHeader: null,
    projectId: null,
    onBehalfOf: null,
    client: null,
    annotations: {},
    wantsCost: false,
    contentType: null,
    contentEncoding: null,
    contentLength: null,
    forward: [],
  };
  let connection: string | null = null;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    const value = rawHeaders[index + 1]!;
    if (name === 'connection') connection = value;
    take(head, name, value);
    if (!isConsumed(name)) head.forward.push(name, value);
  }
  if (connection !== null && connection !== 'keep-alive') dropNamed(head, connection);
  return head;
};

const isConsumed = (name: string): boolean => CONSUMED.has(name) || CONSUMED_PREFIXES.some((prefix) => name.startsWith(prefix));

const take = (head: RequestHead, name: string, value: string): void => {
  switch (name) {
    case 'authorization':
      if (/^bearer /i.test(value)) head.bearer = value.slice(7).trim();
      return;
    case 'x-api-key':
      head.apiKeyHeader = value.trim();
      return;
    case 'user-agent':
      head.client = value.slice(0, MAX_CLIENT_CHARACTERS);
      return;
    case 'content-type':
      head.contentType = value;
      return;
    case 'content-encoding':
      head.contentEncoding = value.toLowerCase() === 'identity' ? null : value;
      return;
    case 'content-length':
      head.contentLength = Number(value);
      return;
    case 'meshagent-project-id':
      head.projectId = value.trim().toLowerCase();
      return;
    case 'meshagent-on-behalf-of':
      head.onBehalfOf = value.slice(0, MAX_CLIENT_CHARACTERS);
      return;
    case 'x-meshagent-cost':
      head.wantsCost = value.trim().toLowerCase() === 'include';
      return;
    default:
      if (name.startsWith(ANNOTATION)) annotate(head.annotations, name.slice(ANNOTATION.length), value);
  }
};

const annotate = (annotations: Record<string, string>, name: string, value: string): void => {
  if (name === '' || name === '__proto__' || Object.keys(annotations).length >= MAX_ANNOTATIONS) return;
  annotations[name.slice(0, MAX_ANNOTATION_BYTES)] = value.slice(0, MAX_ANNOTATION_BYTES);
};

/** Headers that the client's `Connection` header names are for this hop only. */
const dropNamed = (head: RequestHead, connection: string): void => {
  const named = new Set(connection.toLowerCase().split(',').map((token) => token.trim()));
  const kept: string[] = [];
  for (let index = 0; index < head.forward.length; index += 2) {
    if (!named.has(head.forward[index]!)) kept.push(head.forward[index]!, head.forward[index + 1]!);
  }
  head.forward = kept;
};
