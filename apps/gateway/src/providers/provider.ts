import type { UsageData } from '@llm-proxy/usage-schema';
import type { Refusal } from '../refusals.js';

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
  /** For the refusal of a path that is not in `endpoints`, e.g. `OpenAI`. */
  readonly title: string;
  /** Does a caller's credential also count in `x-api-key`? */
  readonly acceptsApiKeyHeader: boolean;
  /** Path below `/v1` and the provider's base URL, e.g. `https://api.openai.com/v1`, to the upstream path. */
  upstreamPath(basePath: string, pathFromV1: string): string;
  /** The header that carries the provider key upstream. */
  keyHeader(apiKey: string): readonly [name: string, value: string];
  /** A refusal in the words of this provider's error objects. */
  errorBody(refusal: Refusal, requestId: string): unknown;
}

export interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** From `/v1` on. A trailing `/` makes it a prefix. */
  readonly path: string;
  /** Does a 2xx answer cost something? */
  readonly billable: boolean;
  /** Must the request be a JSON object that names a model? */
  readonly namesModel: boolean;
  /** Set where the answer tells of models: all of them, or the one that the path ends with. */
  readonly models?: 'list' | 'one';
  /** Set where a stream reports usage only on request: asked upstream, hidden from a caller who did not ask. */
  readonly usageOnRequest?: boolean;
  /** Reads the usage of one answer; missing where nothing is billed. */
  readonly usageReader?: () => UsageReader;
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

export interface UsageReading {
  /** As the provider reported it. */
  usage: UsageData['usage'];
  model: string | null;
  serviceTier: string | null;
  /** Has the provider said its last word on usage? */
  final: boolean;
}
