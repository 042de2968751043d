import type { Refusal } from '../refusals.js';
import type { UsageData } from '@llm-proxy/usage-schema';
import type { WantedMembers } from '../wire/json-facts.js';
import type { UsageReading } from './usage-reading.js';
import type { WebSockets } from './web-socket.js';

export type { UsageReading } from './usage-reading.js';
export type RequestFactsOfPrice = UsageData['requestFacts'];

/**
 * What the relay asks of a provider. A provider is one folder that answers in data and small functions;
 * the relay knows none of them by name.
 */
export interface Provider {
  /** Name in prices, integrations and usage events. */
  readonly name: string;
  /** Path prefixes it is served under, without `/rooms/{room}`; `''` serves `/v1/…` at the root. */
  readonly mounts: readonly string[];
  readonly endpoints: readonly Endpoint[];
  /** Missing where the provider speaks no WebSocket. */
  readonly webSockets?: WebSockets;
  /** For the refusal of a path that is not in `endpoints`, e.g. `OpenAI`. */
  readonly title: string;
  /** Names of the environment variables that hold the deployment's own key and base URL; the first one that is set counts. */
  readonly settings: { readonly apiKey: readonly string[]; readonly baseUrl: readonly string[]; readonly defaultBaseUrl: string };
  /** Does a caller's credential also count in `x-api-key`? */
  readonly acceptsApiKeyHeader: boolean;
  /** Path below `/v1` and the provider's base URL, e.g. `https://api.openai.com/v1`, to the upstream path. */
  upstreamPath(basePath: string, pathFromV1: string): string;
  /** The header that carries the provider key upstream. */
  keyHeader(apiKey: string): readonly [name: string, value: string];
  /** Set where calls can be handed in together and fetched later. */
  readonly batches?: BatchRules;
  /** A refusal in the words of this provider's error objects. */
  errorBody(refusal: Refusal, requestId: string): unknown;
}

export type Method = 'GET' | 'POST' | 'DELETE';

export interface Endpoint {
  /** HEAD is answered as GET. */
  readonly method: Method;
  /** From `/v1` on. A trailing `/` makes it a prefix, `{id}` stands for one segment. */
  readonly path: string;
  /** Does a 2xx answer cost something? */
  readonly billable: boolean;
  /** Must the request name a model, in the member or form field `model`? */
  readonly namesModel: boolean;
  /** May the request be a multipart form? Its file parts then go upstream as they come. */
  readonly takesForm?: boolean;
  /** Further members or form fields that a price or a refusal depends on. */
  readonly fields?: FieldRule;
  /** For a body that names many models: all of them, each once; null when they cannot be told. */
  readonly modelsIn?: (body: Buffer) => string[] | null;
  /** What the call does with batches; with `{id}` in the path, it is about one of them. */
  readonly batch?: 'create' | 'list' | 'read' | 'delete' | 'results';
  /** True where an answer lets the caller speak to the provider past the proxy, so that nothing could be metered. Refused by default. */
  readonly bypassesMetering?: boolean;
  /** Set where the answer tells of models: all of them, or the one that the path ends with. */
  readonly models?: 'list' | 'one';
  /** Set where a stream reports usage only on request: asked upstream, hidden from a caller who did not ask. */
  readonly usageOnRequest?: boolean;
  /** Reads the usage of one answer; missing where nothing is billed. */
  readonly usageReader?: () => UsageReader;
  /** What an answer is taken to have cost whose usage was not reported; missing where nobody can tell. */
  readonly estimate?: Estimate;
  /** For the few answers that clients need a little more in: given the query, how the whole JSON body is changed; null: not at all. */
  readonly editAnswer?: (query: string) => ((body: Buffer) => Buffer) | null;
}

/** Calls that were handed in together: their usage stands in their results, one JSON object a line. */
export interface BatchRules {
  /** `endpoint` of their usage events, by which price data know the discount. */
  readonly billedPath: string;
  /** Sent when the proxy itself asks. Name, value, name, value, … */
  readonly headers: readonly string[];
  batchPath(id: string): string;
  resultsPath(id: string): string;
  idInPath(path: string): string;
  /** From the answer that describes a batch; null when it does not. */
  idOf(answer: Buffer): string | null;
  hasEnded(answer: Buffer): boolean;
  /** An answer as callers get it: addresses in it must lead back to the proxy. */
  showAtProxy(answer: Buffer): Buffer;
  idsInList(answer: Buffer): string[];
  keepInList(answer: Buffer, isKept: (id: string) => boolean): Buffer;
  /** One line of the results; usage null: it cost nothing. Null: it is no result. */
  result(line: Buffer): { customId: string; reading: UsageReading } | null;
}

/** A member of a JSON body, or a field of a form, when it is a string. */
export type FieldText = (name: string) => string | null;

export interface FieldRule {
  readonly wanted: WantedMembers;
  /** A refusal, e.g. of an answer format that would hide what the call costs. */
  problem?(field: FieldText): Refusal | null;
  /** What prices need to know of the request. */
  facts?(field: FieldText): RequestFactsOfPrice;
}

/** A rough count for calls that broke off. Each provider says what counts as text; the event is marked as estimated. */
export interface Estimate {
  /** Members of the answer whose strings are what the model wrote, its reasoning as far as it is shown. Nothing encrypted: how long that is says nothing certain. */
  readonly answerText: readonly string[];
  /** The same for an answer that is not streamed, where its members have other names. */
  readonly bodyText?: readonly string[];
  /** Is this all there ever is, also when the answer is whole? */
  readonly always?: boolean;
  /** In the shape of the provider's usage object; null when even this cannot be told. */
  usage(request: Buffer, answerTextBytes: number): Record<string, unknown> | null;
}

/** Looks at one answer from the side. Made anew for each answer. */
export interface UsageReader {
  /** The whole body of an answer that is not a stream. */
  body(json: Buffer): void;
  /**
   * Data of one stream event that holds a usage object.
   * @returns true when the event carries nothing but the usage
   */
  event(data: Buffer): boolean;
  reading(): UsageReading;
}
