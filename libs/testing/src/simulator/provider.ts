import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { SimulatorControl } from './control.js';
import { ProviderFailure } from './provider-failure.js';

export type JsonObject = Record<string, unknown>;

export interface SimulatedRequest {
  method: string;
  /** Without the query string. */
  path: string;
  headers: IncomingHttpHeaders;
  /** Parsed body, shared between equal requests: never change it. The text fields of a form. Null when it is neither. */
  json: Readonly<JsonObject> | null;
  control: SimulatorControl;
  /** Id the provider gives the request. */
  requestId: string;
}

/** One server-sent event. */
export interface StreamEvent {
  /** The `event:` line; OpenAI's chat completions have none. */
  name?: string;
  /** One line, without a line break. */
  data: string;
  /** True on an event that carries a piece of the answer's text. */
  isText?: boolean;
}

export interface JsonAnswer {
  status: number;
  body: string;
  /** @default application/json */
  contentType?: string;
  headers?: Record<string, string>;
}

export type Answer = JsonAnswer | { events: StreamEvent[] };

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** Exact, or a prefix when it ends with a slash. */
  path: string;
  /** @throws ProviderFailure */
  answer(request: SimulatedRequest): Answer;
}

export interface Provider {
  name: 'openai' | 'anthropic';
  routes: readonly Route[];
  /** The key the caller sent; null when there is none. */
  keyIn(headers: IncomingHttpHeaders): string | null;
  /** Headers on every answer of the provider. */
  headersOf(requestId: string): Record<string, string>;
  /** A failure in the provider's error shape. */
  errorBody(failure: ProviderFailure, requestId: string): JsonObject;
}

export const jsonAnswer = (body: unknown): JsonAnswer => ({ status: 200, body: JSON.stringify(body) });

/** @throws ProviderFailure 400 when the body is no JSON object or lacks a field, 404 for the model that never exists */
export const readFields = <Schema extends z.ZodType<{ model: string }>>(schema: Schema, { json }: SimulatedRequest): z.infer<Schema> => {
  if (json === null) throw new ProviderFailure(400, 'The request body is not a JSON object.');
  const fields = schema.safeParse(json);
  if (!fields.success) throw invalidField(fields.error);
  if (fields.data.model === UNKNOWN_MODEL) throw unknownModel(UNKNOWN_MODEL);
  return fields.data;
};

const invalidField = (error: z.ZodError): ProviderFailure => {
  const issue = error.issues[0]!;
  const param = issue.path.join('.');
  return new ProviderFailure(400, `Invalid field ${param}: ${issue.message}.`, { param });
};

/** The one model name that does not exist; every other name is answered. */
export const UNKNOWN_MODEL = 'sim-unknown';

const unknownModel = (model: string): ProviderFailure => new ProviderFailure(404, `The model ${model} does not exist.`, { code: 'model_not_found' });

/**
 * Model id at the end of a path such as `/v1/models/{id}`.
 * @throws ProviderFailure 404 for the model that never exists and for an id that cannot be decoded
 */
export const modelInPath = (path: string, prefix: string): string => {
  const id = decoded(path.slice(prefix.length));
  if (id === UNKNOWN_MODEL || id === '') throw unknownModel(id);
  return id;
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
};
